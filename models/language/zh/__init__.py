"""zh: Mandarin Chinese."""
