"""The step `wake` waits for the word that the avatar answers to."""
