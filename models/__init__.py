"""Everything that thinks: engines for each step, and the store that brings their weights. It knows no pipeline."""
