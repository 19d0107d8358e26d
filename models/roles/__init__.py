"""roles: who the avatar is."""
