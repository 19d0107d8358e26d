"""The step `lipsync` turns speech into mouth shapes."""
