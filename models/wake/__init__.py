"""wake: waiting for the word that the avatar answers to."""
