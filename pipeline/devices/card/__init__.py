"""card: the sound card of this machine."""
