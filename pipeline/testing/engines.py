"""Engines that do as they are told, for every step: no weights, no chance, and trouble on demand.

They speak and hear the language of `pipeline.testing.tones`, so a conversation between them is made of real sound. Each
can take its time and fail: `seconds` is what every call takes, and `faults` what the next calls meet one after another:
so many seconds (`math.inf` hangs), an error that is raised, or None for nothing. Time is that of the loop that waits,
so on the virtual clock it costs none.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, TypeAlias

import numpy as np

from models.context import DEFAULT, Context
from models.face import Look, Viseme
from models.protocols import (
    UNKNOWN,
    EndOfTurn,
    Engine,
    ExpressionReader,
    Hypothesis,
    Intent,
    IntentRecogniser,
    LanguageModel,
    Message,
    MouthShaper,
    Outcome,
    Phoneme,
    Recogniser,
    Request,
    Samples,
    SkillCard,
    Synthesiser,
    TaskHandler,
    Voiced,
    VoiceDetector,
    VoiceTrack,
    WakeTrack,
    WakeWord,
)
from pipeline.testing.clock import spend
from pipeline.testing.tape import AUDIBLE, Tape
from pipeline.testing.tones import CHARACTER, read, spelt, tones

Faults: TypeAlias = Iterable[float | Exception | None]

FINISHED, UNFINISHED = 0.95, 0.05
"""How sure the scripted end-of-turn engine is, of either."""
GLOTTAL_STOP = "ʔ"
"""The phoneme of a character that is spoken but is no letter."""
VOWELS = {"a": "aa", "e": "E", "i": "ih", "o": "oh", "u": "ou"}
"""Mouth shapes of letters; the others have `CONSONANT`."""
CONSONANT, CLOSED = "DD", "sil"


class Scripted(Engine):
    """What scripted engines share. Without `seconds` and `faults` they run inline, else on a thread as real ones do."""

    def __init__(self, seconds: float = 0.0, faults: Faults | None = None) -> None:
        self.seconds = seconds
        self.calls = 0
        """How often it was asked to work."""
        self._faults = iter(faults or ())
        # For each engine, not for the class: one that may hang needs a thread to hang on.
        self.inline = not seconds and faults is None  # type: ignore[misc]

    def begin(self) -> None:
        """Take the time that a call takes, or fail."""
        self.calls += 1
        fault = next(self._faults, None)
        if isinstance(fault, Exception):
            raise fault
        if took := self.seconds if fault is None else fault:
            spend(took)


@dataclass(frozen=True, slots=True)
class LoudnessTrack(VoiceTrack):
    """A stream without memory: each window is as loud as it is."""

    threshold: float

    def probabilities(self, windows: Samples) -> list[float]:
        loudness = np.sqrt(np.square(windows).mean(axis=1))
        return [float(value) for value in loudness**4 / (loudness**4 + self.threshold**4)]


class ScriptedDetector(Scripted, VoiceDetector):
    """Takes what is loud for voice: with a probability of one half, a window of `threshold` root mean square."""

    def __init__(self, sample_rate: int = 16_000, window: int = 512, threshold: float = 0.02) -> None:
        super().__init__()
        self.sample_rate, self.window, self.threshold = sample_rate, window, threshold

    def open(self) -> LoudnessTrack:
        return LoudnessTrack(self.threshold)


class ScriptedEndpoint(Scripted, EndOfTurn):
    """Knows that a speaker goes on where the words end with a comma or a dash."""

    def __init__(self, sample_rate: int = 16_000, seconds: float = 0.0, faults: Faults | None = None) -> None:
        super().__init__(seconds, faults)
        self.sample_rate = sample_rate

    def ended(self, samples: Samples) -> float:
        self.begin()
        return UNFINISHED if read(samples, self.sample_rate).endswith((",", "-")) else FINISHED


class WordTrack(WakeTrack):
    """The latest seconds of a stream, as long as the word needs."""

    def __init__(self, word: str, sample_rate: int) -> None:
        self._word, self._length = spelt(word), (len(word) + 2) * CHARACTER
        self._tape = Tape(sample_rate, keep=self._length)
        self._from = 0.0  # where the last one ended

    def heard(self, samples: Samples) -> bool:
        self._tape.append(samples)
        if not np.any(np.abs(samples) > AUDIBLE):
            return False
        end = self._tape.end
        text = read(self._tape.between(max(self._from, end - self._length), end), self._tape.sample_rate)
        if not f" {text}".endswith(f" {self._word}"):
            return False
        self._from = end
        return True


class ScriptedWake(Scripted, WakeWord):
    """Waits for a word spoken in tones."""

    def __init__(self, word: str = "parley", sample_rate: int = 16_000) -> None:
        super().__init__()
        self.word, self.sample_rate = word, sample_rate

    def open(self) -> WordTrack:
        return WordTrack(self.word, self.sample_rate)


class ScriptedRecogniser(Scripted, Recogniser):
    """Reads tones, as far as they go; in `misheard` words it writes others."""

    incremental = True

    def __init__(
        self,
        misheard: Mapping[str, str] | None = None,
        sample_rate: int = 16_000,
        language: str = "en",
        seconds: float = 0.0,
        faults: Faults | None = None,
    ) -> None:
        super().__init__(seconds, faults)
        self.misheard, self.sample_rate, self.language = misheard or {}, sample_rate, language

    def transcribe(self, samples: Samples, context: Context = DEFAULT, earlier: Hypothesis | None = None) -> Hypothesis:
        self.begin()
        text = read(samples, self.sample_rate)
        return Hypothesis(self.misheard.get(text, text), self.language, 1.0 if text else None)


class ScriptedIntents(Scripted, IntentRecogniser):
    """Finds the intent, or the intents, whose key is the first to stand in the words; else `UNKNOWN`."""

    def __init__(
        self,
        intents: Mapping[str, Intent | tuple[Intent, ...]] | None = None,
        seconds: float = 0.0,
        faults: Faults | None = None,
    ) -> None:
        super().__init__(seconds, faults)
        self.intents = {
            spelt(words): (given,) if isinstance(given, Intent) else given for words, given in (intents or {}).items()
        }

    def learn(self, skills: Sequence[SkillCard]) -> None:
        """Raises ValueError where an intent names a skill that there is not."""
        known = {UNKNOWN, *(skill.name for skill in skills)}
        named = {intent.name for given in self.intents.values() for intent in given if intent.act == "do"}
        if strange := named - known:
            raise ValueError(f"no skill is called {', '.join(sorted(strange))}; there are {', '.join(sorted(known))}")

    def nearest(self, text: str, context: Context = DEFAULT) -> tuple[str, ...]:
        """None: a refusal then says what the role offers."""
        return ()

    def understand(self, text: str, context: Context = DEFAULT) -> tuple[Intent, ...]:
        self.begin()
        said = spelt(text)
        return next((given for words, given in self.intents.items() if words in said), (Intent(UNKNOWN),))


class ScriptedTasks(Scripted, TaskHandler):
    """Gives each skill's outcome; all but those named in `looks` have effects. Anything else is left open."""

    acts = True

    def __init__(
        self,
        outcomes: Iterable[Outcome] = (),
        looks: Collection[str] = (),
        seconds: float = 0.0,
        faults: Faults | None = None,
    ) -> None:
        super().__init__(seconds, faults)
        self.outcomes = {outcome.task: outcome for outcome in outcomes}
        self.looks = looks
        self.requests: list[Request] = []
        """What it was asked to do, failed or not."""
        self.contexts: list[Context] = []
        """What it was told of each request: who asked, and what was said before."""

    def skills(self) -> tuple[SkillCard, ...]:
        return tuple(SkillCard(name, name, (name,), effects=name not in self.looks) for name in self.outcomes)

    def handle(self, request: Request, context: Context = DEFAULT) -> Outcome:
        self.requests.append(request)
        self.contexts.append(context)
        self.begin()
        return self.outcomes.get(request.intent.name) or Outcome(request.intent.name, "open")


class ScriptedModel(Scripted, LanguageModel):
    """Gives the answer whose key is the first to stand in the last message, a word every `pace` seconds."""

    def __init__(
        self,
        answers: Mapping[str, str] | None = None,
        otherwise: str = "I see.",
        pace: float = 0.0,
        seconds: float = 0.0,
        faults: Faults | None = None,
    ) -> None:
        super().__init__(seconds, faults if faults is not None or not pace else ())
        self.answers = {spelt(words): answer for words, answer in (answers or {}).items()}
        self.otherwise, self.pace = otherwise, pace
        self.asked: list[Sequence[Message]] = []
        """The conversations that it was given to continue."""

    def complete(
        self,
        messages: Sequence[Message],
        context: Context = DEFAULT,
        *,
        max_tokens: int,
        schema: Mapping[str, Any] | None = None,
    ) -> Iterator[str]:
        if not max_tokens:
            return
        self.asked.append(messages)
        self.begin()
        said = spelt(messages[-1].text)
        answer = next((answer for words, answer in self.answers.items() if words in said), self.otherwise)
        for place, word in enumerate(answer.split()[:max_tokens]):
            if place and self.pace:
                spend(self.pace)
            yield f" {word}" if place else word


class ScriptedVoice(Scripted, Synthesiser):
    """Speaks tones: what is heard of it can be read. A phoneme for each character."""

    def __init__(self, sample_rate: int = 24_000, seconds: float = 0.0, faults: Faults | None = None) -> None:
        super().__init__(seconds, faults)
        self.sample_rate = sample_rate

    def speak(self, text: str, context: Context = DEFAULT) -> Iterator[Voiced]:
        self.begin()
        spoken = spelt(text)
        if not spoken:
            return
        symbols = (char if char.isalpha() or char == " " else GLOTTAL_STOP for char in spoken)
        phonemes = (Phoneme(symbol, place * CHARACTER, CHARACTER) for place, symbol in enumerate(symbols))
        yield Voiced(tones(spoken, self.sample_rate), self.sample_rate, tuple(phonemes))


class ScriptedMouth(Scripted, MouthShaper):
    """Opens at vowels, closes between words."""

    def shape(self, voiced: Voiced) -> list[Viseme]:
        self.begin()
        phonemes = voiced.phonemes or (Phoneme(" ", 0.0, voiced.samples.size / voiced.sample_rate),)
        return [
            Viseme(CLOSED if p.symbol == " " else VOWELS.get(p.symbol, CONSONANT), p.start, p.duration, 1.0)
            for p in phonemes
        ]


class ScriptedLooks(Scripted, ExpressionReader):
    """Gives the look whose key is the first to stand in the words; else none."""

    def __init__(
        self, looks: Mapping[str, Look] | None = None, seconds: float = 0.0, faults: Faults | None = None
    ) -> None:
        super().__init__(seconds, faults)
        self.looks = {spelt(words): look for words, look in (looks or {}).items()}

    def read(self, text: str, context: Context = DEFAULT) -> Look:
        self.begin()
        said = spelt(text)
        return next((look for words, look in self.looks.items() if words in said), Look())
