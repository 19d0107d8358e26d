"""store: where the weights of models come from, and where they are kept."""
