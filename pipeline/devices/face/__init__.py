"""face: what an avatar's face shows, for programs that draw it."""
