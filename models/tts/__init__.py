"""Synthesisers: from words to voice."""
