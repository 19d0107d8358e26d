"""The step `asr` turns the sound of an utterance into its words."""
