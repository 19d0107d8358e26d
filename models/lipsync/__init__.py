"""Mouth shapers: from voice to face."""
