"""turn_taking: who may speak when in a live conversation."""
