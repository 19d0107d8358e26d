"""The terminal interface of ``parley talk``, drawn with Textual; importing this package imports none of it."""
