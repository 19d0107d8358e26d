"""Language models: what the avatar says."""
