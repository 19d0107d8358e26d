"""All the concurrency there is: inboxes, one turn, endpointing, sessions."""
