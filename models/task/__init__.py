"""task: doing what an intent asks for, in a small world that remembers."""
