"""HTML and SVG from nested calls. Text is escaped unless it is `Markup` already, so nothing that somebody said can
become part of the page's structure."""

from __future__ import annotations

from html import escape

VOID = frozenset(("br", "meta", "hr"))
"""Elements of HTML that have no end tag."""


class Markup(str):
    """Text in which every special character is meant; only `element` and constants of this package make it."""

    __slots__ = ()


def element(name: str, /, *children: str | None, **attributes: str | float | None) -> Markup:
    """``<name attributes>children</name>``.

    Children and attributes that are None are left out. A trailing underscore in an attribute's name goes
    (``class_``), the others become hyphens (``aria_label``)."""
    words = [
        f' {key.rstrip("_").replace("_", "-")}="{escape(str(value))}"'
        for key, value in attributes.items()
        if value is not None
    ]
    start = f"<{name}{''.join(words)}>"
    return Markup(start if name in VOID else f"{start}{together(*children)}</{name}>")


def together(*children: str | None) -> Markup:
    """Children one after another, without an element around them."""
    return Markup("".join(c if isinstance(c, Markup) else escape(c) for c in children if c is not None))
