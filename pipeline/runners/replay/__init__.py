"""replay: a recorded session run again, compared and drawn."""
