"""The Parley protocol: what a client and a server say to each other. docs/protocol.md tells it in prose."""
