"""Says who speaks with whom. Every engine is told so beside its input, and the one rule for guests stands here."""

from __future__ import annotations

from dataclasses import dataclass, replace

from models.cards import SkillCard
from models.dialogue import EMPTY, Dialogue

_GUEST = "guest"
"""The id of a guest in a process that serves no other users."""


@dataclass(frozen=True, slots=True)
class User:
    """The user to whom a turn belongs, with its world, memory and history.

    `known_as` or `guest` decided whether the user is a guest when it made the value. Names are never searched for the
    word, so a user may be called guestavo."""

    id: str
    """Tells the user from the other users of the process."""
    guest: bool = False
    """True for a user who is not remembered. What belongs to a guest ends with the process."""


ANYBODY = User(_GUEST, guest=True)
"""The guest who gave no name."""


def known_as(name: str | None) -> User:
    """The user of that name. `ANYBODY` where there is no name, or where it is exactly ``guest``, the word by which a
    setting means no user in particular."""
    return User(name) if name and name != _GUEST else ANYBODY


def guest(mark: str) -> User:
    """A guest with a mark, apart from guests with other marks. The id is, for example, ``guest-1f3a``."""
    return User(f"{_GUEST}-{mark}", guest=True)


def recorded_user(id: str) -> User:
    """The user whose id stands in a journal of an earlier version, which did not mark guests.

    In those journals, and only there, a user whose id begins with ``guest`` is a guest."""
    return User(id, guest=id.startswith(_GUEST))


@dataclass(frozen=True, slots=True)
class Context:
    """Who speaks with whom, and what was said so far. An engine ignores what it has no use for."""

    language: str = "en"
    """ISO 639-1 code of the language in which the answer is wanted."""
    languages: tuple[str, ...] = ()
    """ISO 639-1 codes of the languages that the user may speak, `language` among them; empty where they are not known.
    A recogniser takes a single one for granted, and chooses among several."""
    user: User = ANYBODY
    role: str = ""
    """The name of the role that the avatar plays; empty where it has none."""
    voice: str = ""
    """The name of the voice to speak with. A synthesiser that has no such voice takes its own."""
    dialogue: Dialogue = EMPTY
    """What was said, asked, named and done before this turn."""
    hints: tuple[str, ...] = ()
    """Names that are likely to be said, the likeliest first: names of the scene, of the skills and of the user."""
    skills: tuple[SkillCard, ...] = ()
    """The skills that this session's client brings, beside those of the graph."""
    instructions: str = ""
    """What the session's client wants of the avatar's manner, as data: it stands after the role's own prompt, and
    changes none of the role's rules."""

    def speaking(self, language: str) -> Context:
        """The same context, with the answer wanted in `language`."""
        return self if language == self.language else replace(self, language=language)

    def answered_in(self, spoken: str) -> str:
        """The language of the answer to words in the language `spoken`: that language, if the graph speaks it."""
        return spoken if spoken in self.languages else self.language


DEFAULT = Context()
"""The context of a guest who speaks English and has not said anything yet."""
