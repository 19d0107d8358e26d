"""Everything that moves: packets, stages, the graph, turns, devices and runners. It knows no model."""
