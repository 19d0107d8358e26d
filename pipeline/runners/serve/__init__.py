"""Serving a graph: one process, many users, several protocols."""
