"""The step `response` holds the language models, which word what the avatar says."""
