"""The step `vad` tells voice from other sound."""
