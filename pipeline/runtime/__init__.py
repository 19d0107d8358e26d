"""The concurrency of Parley: inboxes, a turn, turn-taking, sessions and the journal."""
