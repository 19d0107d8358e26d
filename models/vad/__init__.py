"""vad: telling voice from other sound."""
