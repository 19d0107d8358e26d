"""Who speaks with whom: what every engine is told beside its input, and the one rule for guests."""

from __future__ import annotations

from dataclasses import dataclass, replace

from models.dialogue import EMPTY, Dialogue

_GUEST = "guest"
"""The id of a guest whose process serves no others."""


@dataclass(frozen=True, slots=True)
class User:
    """Whose world, memory and history a turn belongs to.

    Whether somebody is a guest was decided when the value was made, by `known_as` or `guest`; no name is ever searched
    for it, so a user may be called guestavo."""

    id: str
    """Different for different users of one process."""
    guest: bool = False
    """True for a user who is not remembered: what is theirs ends with the process."""


ANYBODY = User(_GUEST, guest=True)
"""A guest who did not say a name."""


def known_as(name: str | None) -> User:
    """The user who goes by a name. No name, and the very word ``guest``, which is what a setting says for nobody in
    particular, are `ANYBODY`."""
    return User(name) if name and name != _GUEST else ANYBODY


def guest(mark: str) -> User:
    """A guest of their own, apart from those with other marks: ``guest-1f3a``."""
    return User(f"{_GUEST}-{mark}", guest=True)


def recorded_user(id: str) -> User:
    """The user whose id stands in a journal that was written before guests were marked as such.

    At that time, and only then, everybody whose id began with ``guest`` was a guest."""
    return User(id, guest=id.startswith(_GUEST))


@dataclass(frozen=True, slots=True)
class Context:
    """Who speaks with whom, and what was said so far. An engine ignores what it has no use for."""

    language: str = "en"
    """ISO 639-1 code of the language in which the answer is wanted."""
    languages: tuple[str, ...] = ()
    """ISO 639-1 codes of those that the user may speak, `language` among them; empty where that is not known. A
    recogniser takes a single one for granted, and chooses among several."""
    user: User = ANYBODY
    role: str = ""
    """The name of the role that the avatar plays; empty where it has none."""
    voice: str = ""
    """The name of the voice to speak with. A synthesiser that has no such voice takes its own."""
    dialogue: Dialogue = EMPTY
    """What was said, asked, named and done before this turn."""
    hints: tuple[str, ...] = ()
    """Names that are likely to be said, the likeliest first: those of the scene, the skills' and the user's own."""

    def speaking(self, language: str) -> Context:
        """The same, where the answer is wanted in `language`."""
        return self if language == self.language else replace(self, language=language)

    def answered_in(self, spoken: str) -> str:
        """The language of the answer to words in the language `spoken`: the same, if the graph speaks it too."""
        return spoken if spoken in self.languages else self.language


DEFAULT = Context()
"""A guest who speaks English, and has not said anything yet."""
