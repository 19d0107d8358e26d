"""The dialogue manager: what follows from commands, by what was said and done before."""
