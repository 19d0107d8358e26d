"""drawing: a graph as a picture."""
