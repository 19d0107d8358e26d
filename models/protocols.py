"""This page holds every engine protocol, and the plain values that engines take and give.

An engine is a synchronous model: it takes numpy arrays, gives plain values, and knows neither asyncio nor the pipeline.
Beside its input it is told who speaks with whom (`models.context.Context`). It may ignore that, and it has a default.

- ``__init__`` stores options (keyword arguments with types: the graph checks a file's ``with:`` against them) and
  imports nothing heavy;
- ``load`` imports the heavy package and opens the weights, once per process;
- one loaded engine serves every session, so the state of a turn never lives on it;
- a call that takes long is an iterator that yields often (a token, a clause, 50 ms of sound), so that it can be
  cancelled between two items.

Subclass a protocol to inherit its defaults, or match its shape from a package that has never heard of Parley.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, ClassVar, Literal, Protocol, TypeAlias, runtime_checkable

import numpy as np
from numpy.typing import NDArray

from models import cards, dialogue
from models.context import DEFAULT, Context
from models.dialogue import Manner, Undo
from models.face import Look, Viseme

Samples: TypeAlias = NDArray[np.float32]
"""Mono sound, shape (n,), full scale is -1 to 1."""

SlotValue: TypeAlias = dialogue.SlotValue
Slot: TypeAlias = cards.Slot
SkillCard: TypeAlias = cards.SkillCard

UNKNOWN = "unknown"
"""The intent of an utterance that no skill answers."""

WITHHELD = "withheld"
"""The slot of an ``UNKNOWN`` intent that holds the mood of the words (`models.language.mood.Mood`), such as
``negated``. It is filled where the words name a deed without ordering it."""

ANY_LANGUAGE = frozenset({"*"})
"""The `Engine.languages` of an engine that works in every language."""


class Engine(Protocol):
    """Every engine has these members, in every step."""

    languages: ClassVar[frozenset[str]] = ANY_LANGUAGE
    """ISO 639-1 codes of the languages in which it works, or ``ANY_LANGUAGE``."""
    extra: ClassVar[str] = ""
    """The extra of parley-avatar that installs its packages; empty where the default install does."""
    requires: ClassVar[tuple[str, ...]] = ()
    """Modules that must be importable. This is checked without importing them."""
    inline: ClassVar[bool] = False
    """True where a call takes microseconds, so a thread hop would cost more than the work."""
    acts: ClassVar[bool] = False
    """True where a call depends on the world outside, or changes it: a replay takes the recorded result instead."""

    def weights(self) -> tuple[str, ...]:
        """Names in the model catalogue that `load` opens."""
        return ()

    def load(self) -> None:
        """Open the weights. Raises `models.errors.ModelError` with the remedy."""
        return

    def settle(self) -> None:
        """Wait until the work that was stopped earlier has ended, so that the next call finds the engine idle."""
        return

    def close(self) -> None:
        """Free the memory that `load` took."""
        return


def speaks(engine: Engine, language: str) -> bool:
    """Whether an engine works in the language with this ISO 639-1 code."""
    return language in engine.languages or "*" in engine.languages


# --- vad -----------------------------------------------------------------------------------------------------------


class VoiceTrack(Protocol):
    """What a detector remembers of one stream of sound."""

    def probabilities(self, windows: Samples) -> Sequence[float]:
        """How likely each of the stream's next windows holds a voice, 0 to 1.

        `windows` has shape (n, detector.window)."""
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

        `samples` are the utterance from its beginning to 0.1 to 0.3 s of quiet after it, shape (n,)."""
        ...


# --- wake ----------------------------------------------------------------------------------------------------------


class WakeTrack(Protocol):
    """What a wake word engine remembers of one stream of sound."""

    def heard(self, samples: Samples) -> bool:
        """True if the wake word ended within the stream's next samples, shape (n,); n may be any number."""
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
    """The word as it stands in the whole text, without spaces around it."""
    start: float
    """Seconds from the beginning of the sound to the beginning of the word."""
    end: float
    """Seconds from the beginning of the sound to the end of the word."""
    confidence: float | None = None
    """0 to 1, where the model gives one."""


@dataclass(frozen=True, slots=True)
class Hypothesis:
    """What a recogniser heard in some sound. An empty text means that it heard no words."""

    text: str
    language: str
    """The ISO 639-1 code of the language that was heard."""
    confidence: float | None = None
    """0 to 1, where the model gives one."""
    words: tuple[HeardWord, ...] = ()
    """The words of the text in order, where the model tells when each was said."""


class Recogniser(Engine, Protocol):
    """Turns the sound of an utterance into words."""

    sample_rate: int
    """Hz."""
    incremental: ClassVar[bool] = False
    """True where an `earlier` hypothesis saves most of the work, so that partial hypotheses make the last one quick."""

    def transcribe(self, samples: Samples, context: Context = DEFAULT, earlier: Hypothesis | None = None) -> Hypothesis:
        """Recognise one utterance from its beginning. Unfinished utterances are recognised too, for partial captions.

        Where `context.languages` names one language, the words are in it. `context.hints` are names worth hearing
        right. `earlier` is what a recogniser heard in the beginning of the same samples, and may save work. An engine
        ignores it if it has no use for it or did not make it. Apart from rounding, it does not change the result."""
        ...


# --- intent --------------------------------------------------------------------------------------------------------


Act: TypeAlias = Literal["do", "fill", "amend", "confirm", "deny", "cancel", "undo", "repeat"]
"""What a command does in the dialogue.

``do``: begin the task of a skill. ``fill``: answer the open question with slots. ``amend``: correct slots of the latest
task, or of the question. ``confirm`` and ``deny``: yes and no. ``cancel``: drop the open question, or stop what was
begun. ``undo``: take the latest deed back. ``repeat``: say the latest answer again."""


@dataclass(frozen=True, slots=True)
class Intent:
    """One command: what the user wants with some of their words.

    Several commands of one utterance are several intents, in the order in which they were said."""

    name: str
    """The name of the skill, or ``UNKNOWN``. For an `act` other than ``do`` it is the skill whose question is answered
    or whose task is corrected, and it may be empty where only the dialogue tells which one that is."""
    slots: Mapping[str, SlotValue] = field(default_factory=dict)
    """The values of the slots by name. A word that refers, such as "this", may stand for the name of a thing or a place
    until it is known what the user means."""
    confidence: float = 1.0
    """0 to 1, calibrated on labelled phrasings."""
    language: str = "en"
    """The ISO 639-1 code of the language of the answer. The stage sets it, so engines need not."""
    act: Act = "do"
    words: str = ""
    """The part of the utterance that expresses the command; empty stands for the whole utterance."""


class IntentRecogniser(Engine, Protocol):
    """Turns an utterance into commands: what to do, and with which slots."""

    def learn(self, skills: Sequence[SkillCard]) -> None:
        """Take the skills to choose from. It is called once, after `load`. `Context.skills` adds those of a session."""
        ...

    def nearest(self, text: str, context: Context = DEFAULT) -> tuple[str, ...]:
        """The names of the skills that are nearest to words which ask for none of them, the nearest first; empty where
        the engine cannot tell. It is asked only where a wish is refused."""
        return ()

    def understand(self, text: str, context: Context = DEFAULT) -> tuple[Intent, ...]:
        """The commands of one utterance in the language `context.language`, at least one, in the order of the words.

        Where the speaker corrects an order within the utterance ("two, no, three maps"), only what counts in the end
        is given."""
        ...


@runtime_checkable
class LearnsMore(Protocol):
    """An intent recogniser that can learn the skills of a session's client before they are asked for."""

    def meet(self, skills: Sequence[SkillCard]) -> None:
        """Learn the skills beside those of the graph, so that `understand` finds them ready in `Context.skills`.

        It may take seconds, so any thread may call it while the engine works for others."""
        ...


# --- task ----------------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Action:
    """Something that a client should show or do, such as walking the avatar to a place."""

    kind: str
    """What the client should do, such as ``navigate``, ``inventory`` or ``timer``."""
    args: Mapping[str, SlotValue] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Reminder:
    """Something that the avatar says later of its own accord, if the session still lasts."""

    id: str
    """Tells it from the other reminders of the session. A later reminder with the same id replaces it."""
    after: float
    """Seconds from the outcome that asks for the reminder to the moment when it is said."""
    say: str
    """What the avatar says: a whole sentence."""


@dataclass(frozen=True, slots=True)
class Outcome:
    """What came of a task."""

    task: str
    """The skill's name."""
    status: Literal["done", "refused", "unclear", "open"]
    """``done``: the skill did it. ``refused``: it was understood, but cannot be done (too few coins). ``unclear``: a
    slot is missing, and `say` asks for it. ``open``: there is nothing to state, and the response stage talks freely, as
    `say` directs."""
    say: str = ""
    """The outcome in a plain sentence that holds every fact. For ``open`` it is a direction to the language model."""
    facts: Mapping[str, str] = field(default_factory=dict)
    """What the spoken answer must contain word for word, by the name of the fact."""
    actions: tuple[Action, ...] = ()
    opening: str = ""
    """Words that are said at once, while the language model still thinks. Only an ``open`` outcome has them."""
    asks: str = ""
    """The name of the slot that the `say` of an ``unclear`` outcome asks for; empty where it asks for a yes."""
    reminders: tuple[Reminder, ...] = ()
    """What the avatar says later. A batch ends with its answers, so there nothing is said later."""
    dismissed: tuple[str, ...] = ()
    """The ids of earlier reminders that are not said any more."""
    undo: Undo | None = None
    """The call that takes the deed back; None where it cannot be taken back."""
    manner: Manner | None = None
    """How the avatar speaks from the next answer on; None leaves it as it is."""
    slots: Mapping[str, SlotValue] = field(default_factory=dict)
    """The slots that the task was called with, after words such as "it" were resolved."""
    undid: bool = False
    """Whether the task took the latest deed of the dialogue back."""
    offers: SlotValue = ""
    """The value of the slot `asks` that a yes stands for, as in "Did you mean the market?"; empty where there is
    none."""
    words: str = ""
    """The words of the user that the outcome answers; empty stands for the whole utterance."""


Position: TypeAlias = tuple[float, float, float]
"""Metres from the user's origin: right, up, back, as in WebXR."""


@dataclass(frozen=True, slots=True)
class Thing:
    """An object that the user sees."""

    name: str
    position: Position | None = None


@dataclass(frozen=True, slots=True)
class Request:
    """An intent, with the words that expressed it and the things around the user."""

    intent: Intent
    text: str
    """The user's words."""
    things: tuple[Thing, ...] = ()
    """The things around the user, as far as the client tells. What the user points at comes first."""
    confirmed: bool = False
    """Whether the user has said yes to this very task."""


class TaskHandler(Engine, Protocol):
    """Carries out what an intent asks for."""

    def skills(self) -> tuple[SkillCard, ...]:
        """The skills that it can carry out. They are known before `load`."""
        ...

    def handle(self, request: Request, context: Context = DEFAULT) -> Outcome:
        """Act in the part of the world that belongs to `context.user`. All effects are complete when it returns."""
        ...


@runtime_checkable
class AsksOthers(Protocol):
    """A task handler some of whose skills are carried out by others, so that a call may take long."""

    def others(self) -> tuple[SkillCard, ...]:
        """The skills of others, which are known once it is loaded. A session has them in `Context.skills`."""
        ...

    def asks_others(self, skill: str) -> bool:
        """Whether the skill with that name is one of those."""
        ...

    def ask(self, request: Request, context: Context = DEFAULT) -> Outcome:
        """Carry out such a skill, as `handle` does. Any thread may call it, at any time; it returns in bounded time."""
        ...


@runtime_checkable
class KeepsReminders(Protocol):
    """A task handler that keeps reminders of a user beyond the session in which they were asked for."""

    def pending(self, context: Context = DEFAULT) -> tuple[Reminder, ...]:
        """What the avatar still has to say to `context.user`, in the seconds from now."""
        ...


@runtime_checkable
class KnowsPrices(Protocol):
    """A task handler that knows what things cost, so that "the cheaper one" can be found."""

    def price_of(self, name: str, context: Context = DEFAULT) -> float | None:
        """The price of the thing with this name, in the language `context.language`; None where it has none."""
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
        """Yield the answer in pieces of about a token each. With a JSON `schema`, the answer obeys the schema.

        With `max_tokens` 0 it yields no text, and reads `messages` ahead if it can, so that later answers to messages
        that begin with them start sooner; empty pieces let it be stopped. Closing the iterator stops the work."""
        ...


# --- tts -----------------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Phoneme:
    """A sound of speech and when it is heard."""

    symbol: str
    """The sound in the International Phonetic Alphabet, stress marks included. A space or punctuation mark is a pause;
    where it has no length, it is only the end of a word."""
    start: float
    """Seconds since the piece of sound that carries it began."""
    duration: float
    """Seconds."""


@dataclass(frozen=True, slots=True)
class Voiced:
    """Synthetic speech."""

    samples: Samples
    sample_rate: int
    """Hz."""
    phonemes: tuple[Phoneme, ...] = ()
    """The phonemes, without gaps from the first sample to the last; empty where the voice gives none."""


class Synthesiser(Engine, Protocol):
    """Speaks text."""

    sample_rate: int
    """Hz."""

    def speak(self, text: str, context: Context = DEFAULT) -> Iterator[Voiced]:
        """Speak one clause or sentence, in pieces that follow each other without a gap.

        The voice is `context.voice` if the engine has one of that name. Otherwise it is the engine's own."""
        ...


# --- lipsync and expression ----------------------------------------------------------------------------------------


class MouthShaper(Engine, Protocol):
    """Turns speech into mouth shapes."""

    def shape(self, voiced: Voiced) -> Sequence[Viseme]:
        """Mouth shapes for one piece of speech, without gaps, `start` counted from the piece's first sample."""
        ...


class ExpressionReader(Engine, Protocol):
    """Tells from words what shows on the face of their speaker."""

    def read(self, text: str, context: Context = DEFAULT) -> Look:
        """The look that goes with a clause or a sentence that the avatar says."""
        ...
