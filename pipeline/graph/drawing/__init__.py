"""The drawing of a graph as a picture."""
