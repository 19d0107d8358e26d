"""talk: a live conversation at this machine."""
