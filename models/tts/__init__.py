"""The step `tts` turns words into speech."""
