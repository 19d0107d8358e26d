"""The Parley protocol between clients and servers; docs/protocol.md describes it in prose."""
