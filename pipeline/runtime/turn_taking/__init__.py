"""Turn-taking in a live conversation: who speaks when."""
