"""network: sound to and from a distant client."""
