"""files: sound, captions and results in files."""
