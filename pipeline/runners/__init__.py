"""The same graph, several lives."""
