"""language: how text is cut, heard, spoken and meant, a room for each language."""
