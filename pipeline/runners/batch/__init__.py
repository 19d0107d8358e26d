"""batch: recordings answered, and what is left beside them."""
