"""network: sound to and from a client on another machine."""
