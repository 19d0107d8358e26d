"""A simulated headset: a client of the Parley protocol that speaks recordings, listens, and measures what it hears."""
