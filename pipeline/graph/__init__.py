"""From a graph file to a checked graph of stages: read, resolve, wire, build, draw. Nothing here loads a model."""
