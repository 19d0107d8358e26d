"""Every engine protocol, and the plain values that engines take and give, on one page.

An engine is a synchronous model: numpy in, plain values out, nothing known of asyncio or of the pipeline. Beside its
input it is told who speaks with whom (`models.context.Context`), which has a default and may be ignored.

- ``__init__`` stores options (keyword arguments with types: the graph checks a file's ``with:`` against them) and
  imports nothing heavy;
- ``load`` imports the heavy package and opens the weights, once per process;
- one loaded engine serves every session, so the state of a turn never lives on it;
- what takes long is an iterator that yields often (a token, a clause, 50 ms of sound): cancelling lands between items.

Subclass a protocol to inherit its defaults, or match its shape from a package that has never heard of Parley.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, ClassVar, Literal, Protocol, TypeAlias

import numpy as np
from numpy.typing import NDArray

from models import dialogue
from models.context import DEFAULT, Context

Samples: TypeAlias = NDArray[np.float32]
"""Mono sound, shape (n,), full scale is -1 to 1."""

SlotValue: TypeAlias = dialogue.SlotValue

UNKNOWN = "unknown"
"""The intent of words that no skill answers to."""

WITHHELD = "withheld"
"""A slot of an ``UNKNOWN`` intent whose words name a deed without ordering it: the mood of the words
(`models.language.mood.Mood`), such as ``negated``."""

ANY_LANGUAGE = frozenset({"*"})
"""What an engine says that works in every language."""


class Engine(Protocol):
    """What every engine has, whatever its step."""

    languages: ClassVar[frozenset[str]] = ANY_LANGUAGE
    """ISO 639-1 codes it works in, or ``ANY_LANGUAGE``."""
    extra: ClassVar[str] = ""
    """The extra of parley-avatar that installs what it needs, if the default install does not."""
    requires: ClassVar[tuple[str, ...]] = ()
    """Modules that must be importable; checked without importing them."""
    inline: ClassVar[bool] = False
    """True where a call takes microseconds, so a thread hop would cost more than the work."""
    acts: ClassVar[bool] = False
    """True where calls depend on the world outside, or change it: a replay takes what was recorded instead."""

    def weights(self) -> tuple[str, ...]:
        """Names in the model catalogue that `load` opens."""
        return ()

    def load(self) -> None:
        """Open the weights. Raises `models.errors.ModelError` with the remedy."""
        return

    def settle(self) -> None:
        """Return when nothing is under way any more of what was stopped before: what comes next finds the engine as it
        would a moment later."""
        return

    def close(self) -> None:
        """Free what `load` opened."""
        return


def speaks(engine: Engine, language: str) -> bool:
    """Whether an engine works in a language, by its ISO 639-1 code."""
    return language in engine.languages or "*" in engine.languages


# --- vad -----------------------------------------------------------------------------------------------------------


class VoiceTrack(Protocol):
    """One stream's memory inside a detector."""

    def probabilities(self, windows: Samples) -> Sequence[float]:
        """How likely each of the stream's next windows holds a voice, 0 to 1. Shape (n, detector.window)."""
        ...


class VoiceDetector(Engine, Protocol):
    """Tells voice from other sound, window by window."""

    sample_rate: int
    """Hz."""
    window: int
    """Samples in one window."""

    def open(self) -> VoiceTrack:
        """A track for a new stream of sound."""
        ...


# --- endpoint ------------------------------------------------------------------------------------------------------


class EndOfTurn(Engine, Protocol):
    """Tells a speaker who has finished from one who only pauses, by the sound of their words."""

    sample_rate: int
    """Hz."""

    def ended(self, samples: Samples) -> float:
        """How likely the speaker has finished, 0 to 1.

        `samples` are the utterance from its beginning to some 0.1 to 0.3 s of quiet behind it, shape (n,)."""
        ...


# --- wake ----------------------------------------------------------------------------------------------------------


class WakeTrack(Protocol):
    """One stream's memory inside a wake word engine."""

    def heard(self, samples: Samples) -> bool:
        """True if the wake word ended within the stream's next samples, shape (n,), any n."""
        ...


class WakeWord(Engine, Protocol):
    """Waits for the word that the avatar answers to."""

    sample_rate: int
    """Hz."""

    def open(self) -> WakeTrack:
        """A track for a new stream of sound."""
        ...


# --- asr -----------------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class HeardWord:
    """One word that a recogniser heard."""

    text: str
    """As it stands in the whole text, without spaces around it."""
    start: float
    """Seconds since the sound began; likewise `end`."""
    end: float
    confidence: float | None = None
    """0 to 1, where the model gives one."""


@dataclass(frozen=True, slots=True)
class Hypothesis:
    """What a recogniser made of some sound; empty text means that it heard no words."""

    text: str
    language: str
    """ISO 639-1."""
    confidence: float | None = None
    """0 to 1, where the model gives one."""
    words: tuple[HeardWord, ...] = ()
    """The words of the text one by one, where the model tells when they were said."""


class Recogniser(Engine, Protocol):
    """Turns the sound of an utterance into words."""

    sample_rate: int
    """Hz."""
    incremental: ClassVar[bool] = False
    """True where an `earlier` hypothesis saves most of the work, so that partial ones make the last one quick."""

    def transcribe(self, samples: Samples, context: Context = DEFAULT, earlier: Hypothesis | None = None) -> Hypothesis:
        """Recognise one utterance from its beginning; also called on unfinished ones for partial captions.

        Where `context.languages` names one language the words are in it. `context.hints` are names worth hearing right.
        `earlier` is what a recogniser made of the beginning of the same samples: it may save work, and is ignored by an
        engine that has no use for it or did not make it. Beyond rounding, it does not change what is recognised."""
        ...


# --- intent --------------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Slot:
    """A value that a skill wants from the user's words."""

    name: str
    kind: str
    """``text``, ``integer``, ``number``, ``duration`` (seconds), ``sight`` (whatever the user shows), or a word of the
    world such as ``item``, ``place``."""
    required: bool = True
    choices: tuple[str, ...] = ()
    """The only values allowed, where the world knows them."""
    about: str = ""
    """What it means, for a language model."""


@dataclass(frozen=True, slots=True)
class SkillCard:
    """What intent recognition knows of a skill."""

    name: str
    about: str
    """What the skill does, in one sentence."""
    examples: tuple[str, ...]
    """Phrasings that ask for it."""
    slots: tuple[Slot, ...] = ()
    effects: bool = True
    """False where it only looks: such a skill may run before the user is known to have finished."""
    acts: bool | None = None
    """Whether it does something that the user must have ordered, so that it is not done on words that forbid, report or
    ask about it. None takes `effects`; True without `effects` is for a skill whose only deed is an `Action`."""

    undoable: bool = False
    """Whether the skill can take back what it did."""

    @property
    def needs_order(self) -> bool:
        """Whether the user must have ordered what it does."""
        return self.effects if self.acts is None else self.acts


@dataclass(frozen=True, slots=True)
class Intent:
    """What the user wants: a skill's name, or ``UNKNOWN``."""

    name: str
    slots: Mapping[str, SlotValue] = field(default_factory=dict)
    """By name; in place of the name of a thing or a place there may be a word that refers, such as "this", until it is
    known what the user means."""
    confidence: float = 1.0
    """0 to 1, calibrated on labelled phrasings."""
    language: str = "en"
    """ISO 639-1 code of the language of the answer; the stage sets it, whatever the engine says."""


class IntentRecogniser(Engine, Protocol):
    """Chooses the skill that an utterance asks for, and fills its slots."""

    def learn(self, skills: Sequence[SkillCard]) -> None:
        """Take the skills to choose from; called once, after `load`."""
        ...

    def understand(self, text: str, context: Context = DEFAULT) -> Intent:
        """The intent of one utterance in the language `context.language`."""
        ...


# --- task ----------------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Action:
    """Something that a client should show or do, such as walking the avatar to a place."""

    kind: str
    """``navigate``, ``inventory``, ``timer``..."""
    args: Mapping[str, SlotValue] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Reminder:
    """Something that the avatar says later of its own accord, as long as the session lasts."""

    id: str
    """Tells it from the session's others; a later one of the same id replaces it."""
    after: float
    """Seconds from the outcome that asks for it."""
    say: str
    """A whole sentence."""


@dataclass(frozen=True, slots=True)
class Outcome:
    """What came of a task."""

    task: str
    """The skill's name."""
    status: Literal["done", "refused", "unclear", "open"]
    """``done``; ``refused``: understood but impossible (too few coins); ``unclear``: a slot is missing and `say` asks
    for it; ``open``: nothing to state, the response stage is free to talk, as `say` directs."""
    say: str = ""
    """The outcome in a plain sentence that holds every fact; for ``open`` a direction to the language model."""
    facts: Mapping[str, str] = field(default_factory=dict)
    """What the spoken answer must contain, word for word, by name."""
    actions: tuple[Action, ...] = ()
    opening: str = ""
    """For ``open``: what is said at once, while the language model still thinks."""
    asks: str = ""
    """For ``unclear``: the name of the slot that `say` asks for; empty where it asks for something else."""
    reminders: tuple[Reminder, ...] = ()
    """What the avatar says later. A batch, which ends with its answers, says nothing later."""


Position: TypeAlias = tuple[float, float, float]
"""Metres from the user's origin: right, up, back, as in WebXR."""


@dataclass(frozen=True, slots=True)
class Thing:
    """An object that the user sees."""

    name: str
    position: Position | None = None


@dataclass(frozen=True, slots=True)
class Request:
    """An intent, with the words that expressed it and what they were said among."""

    intent: Intent
    text: str
    """The user's words."""
    things: tuple[Thing, ...] = ()
    """What is around the user, as far as their client tells; what they point at comes first."""


class TaskHandler(Engine, Protocol):
    """Does what an intent asks for."""

    def skills(self) -> tuple[SkillCard, ...]:
        """What it can do; known before `load`."""
        ...

    def handle(self, request: Request, context: Context = DEFAULT) -> Outcome:
        """Act in that part of the world which is `context.user`'s. Effects are complete when it returns."""
        ...


# --- response ------------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Message:
    """One line of a conversation, as chat models take it."""

    role: Literal["system", "user", "assistant"]
    text: str


class LanguageModel(Engine, Protocol):
    """Continues a conversation."""

    def complete(
        self,
        messages: Sequence[Message],
        context: Context = DEFAULT,
        *,
        max_tokens: int,
        schema: Mapping[str, Any] | None = None,
    ) -> Iterator[str]:
        """Yield the answer piece by piece, about a token each; with a JSON `schema`, an answer that obeys it.

        With `max_tokens` 0 it yields nothing, and reads `messages` ahead if it can: answers that begin with them start
        sooner. Closing the iterator stops the work."""
        ...


# --- tts -----------------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Phoneme:
    """A sound of speech and when it is heard."""

    symbol: str
    """International Phonetic Alphabet, stress marks included; a space or punctuation mark is a pause, or where it has
    no length, only the end of a word."""
    start: float
    """Seconds since the sound that carries it began."""
    duration: float
    """Seconds."""


@dataclass(frozen=True, slots=True)
class Voiced:
    """Synthetic speech."""

    samples: Samples
    sample_rate: int
    """Hz."""
    phonemes: tuple[Phoneme, ...] = ()
    """Without gaps from the first sample to the last; empty where the voice gives none."""


class Synthesiser(Engine, Protocol):
    """Speaks text."""

    sample_rate: int
    """Hz."""

    def speak(self, text: str, context: Context = DEFAULT) -> Iterator[Voiced]:
        """Speak one clause or sentence, in pieces that follow each other without a gap.

        The voice is `context.voice` where the engine has one of that name, else its own."""
        ...


# --- lipsync -------------------------------------------------------------------------------------------------------

VISEMES = ("sil", "PP", "FF", "TH", "DD", "kk", "CH", "SS", "nn", "RR", "aa", "E", "ih", "oh", "ou")
"""The 15 mouth shapes of Oculus LipSync, in its order (its reference: "Viseme Reference", OVRLipSync)."""


@dataclass(frozen=True, slots=True)
class Viseme:
    """A mouth shape and when it is seen."""

    viseme: str
    """One of `VISEMES`."""
    start: float
    """Seconds since the reply began to sound."""
    duration: float
    """Seconds."""
    weight: float
    """How far the mouth goes, 0 to 1."""


class MouthShaper(Engine, Protocol):
    """Turns speech into mouth shapes."""

    def shape(self, voiced: Voiced) -> Sequence[Viseme]:
        """Mouth shapes for one piece of speech, without gaps, `start` counted from the piece's first sample."""
        ...


# --- expression ----------------------------------------------------------------------------------------------------

EXPRESSIONS = ("happy", "sad", "angry", "surprised", "relaxed")
"""The emotions of VRM 1.0 (specification VRMC_vrm-1.0, "expressions")."""
GESTURES = ("wave", "nod", "shake", "point", "shrug", "think", "open-hands")
"""Movements of head and hands that go with words."""


@dataclass(frozen=True, slots=True)
class Expression:
    """A look on the avatar's face, and when it is seen."""

    name: str
    """One of `EXPRESSIONS`."""
    start: float
    """Seconds since the reply began to sound."""
    duration: float
    """Seconds, in which it comes, stays and goes."""
    weight: float
    """At its fullest, 0 to 1."""


@dataclass(frozen=True, slots=True)
class Gesture:
    """A movement of the avatar's head or hands, and when it begins."""

    name: str
    """One of `GESTURES`."""
    start: float
    """Seconds since the reply began to sound."""


@dataclass(frozen=True, slots=True)
class Look:
    """What shows on whoever says something."""

    expression: str = ""
    """One of `EXPRESSIONS`; empty for none."""
    weight: float = 0.0
    """How clearly the words show it, 0 to 1."""
    gesture: str = ""
    """One of `GESTURES`; empty for none."""


class ExpressionReader(Engine, Protocol):
    """Tells from words what shows on the face of who says them."""

    def read(self, text: str, context: Context = DEFAULT) -> Look:
        """The look that goes with a clause or a sentence of the avatar."""
        ...
