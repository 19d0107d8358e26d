"""The served life of a graph: one process, many users, several protocols."""
