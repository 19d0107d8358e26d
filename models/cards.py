"""What intent recognisers and dialogue managers know of a skill: its card."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field


@dataclass(frozen=True, slots=True)
class Slot:
    """A value that a skill wants from the user's words."""

    name: str
    kind: str
    """One of ``text``, ``integer``, ``number``, ``duration`` (seconds) and ``sight`` (what the user shows), or a word
    of the world such as ``item`` or ``place``."""
    required: bool = True
    choices: tuple[str, ...] = ()
    """The only values that are allowed, where the world knows them."""
    about: str = ""
    """The meaning of the slot, in words for a language model."""
    ask: str = ""
    """The question for a user who left the value out. It is empty where the texts of a skill hold it, or where one is
    made from the name."""


@dataclass(frozen=True, slots=True)
class SkillCard:
    """What an intent recogniser knows of a skill."""

    name: str
    about: str
    """What the skill does, in one sentence."""
    examples: tuple[str, ...]
    """Phrasings that ask for it, in the moods in which it may be asked for. A skill without examples is never
    recognised; only another skill's `Undo` calls it."""
    slots: tuple[Slot, ...] = ()
    effects: bool = True
    """False where the skill only looks something up. It may then run before the user is known to have finished."""
    acts: bool | None = None
    """Whether the skill does something that the user must have ordered. It then does nothing on words that forbid the
    deed, report it or ask about it. None means the same as `effects`. A skill whose only deed is an `Action` says True
    here and False in `effects`."""
    offers: Mapping[str, str] = field(default_factory=dict, hash=False)
    """By ISO 639-1 code: the end of a sentence that begins "I can", such as ``buy things for you``. It is said to a
    user whose wish nobody can meet and who may want this instead. A language that is missing offers nothing."""

    confirm: bool = False
    """Whether the user is asked for a yes before the skill is called. Only skills that are carried out elsewhere, such
    as by a session's client, set it; others ask by their own outcome."""
    phrasings: tuple[str, ...] = ()
    """Many further phrasings, by several hands, from which only recognisers learn."""

    @property
    def needs_order(self) -> bool:
        """Whether the user must have ordered what the skill does."""
        return self.effects if self.acts is None else self.acts
