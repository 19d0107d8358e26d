"""What sound and words tell of an utterance that begins while the avatar answers: is it meant for the avatar at all?"""

from __future__ import annotations

from models.language.finding import language_of
from models.language.marks import asks
from pipeline.runtime.record import Record
from pipeline.runtime.session import Answer
from pipeline.runtime.turn_taking.utterance import Phase, Utterance

GOES_ON = 2.0
"""Seconds after which what the user says is a new utterance, even if nothing of the answer was heard yet."""
RESUMED = 0.35
"""Seconds of the user's silence after which the avatar goes on, if what the user said meant nothing so far."""
UNSURE = 0.7
"""Confidence of a transcript below which a short word is heard twice before it is ignored."""


def goes_on(utterance: Utterance, answered: Utterance, answer: Answer) -> bool:
    """Whether the user goes on with the utterance that `answer` answers: nothing of it was heard or done yet."""
    done = any(outcome.status == "done" for outcome in answer.record.outcomes)
    soon = utterance.at - answered.voiced_at < GOES_ON
    return soon and not (utterance.certain or answered.certain or answer.playing or done)


def is_quiet(utterance: Utterance, now: float) -> bool:
    """Whether the user has been silent for so long that a word like "okay" does not begin a sentence.

    `now` is the event loop's time in seconds."""
    return utterance.phase is Phase.PAUSED and now - utterance.voiced_at >= RESUMED


def is_real(utterance: Utterance, record: Record, said: str, language: str) -> bool:
    """Whether the words so far show that the user wants to speak.

    `said` is what the avatar has said of the answer that is interrupted; the microphone may hear it as an echo.
    `language` is the ISO 639-1 code of what the user is expected to speak."""
    if utterance.certain:
        return True
    if record.transcript:
        words, confidence = record.transcript.text, record.transcript.confidence
        listener = language_of(words, record.transcript.language).listener
        # A "yeah" to a question is more than a backchannel.
        nothing = not words or (not asks(said) and listener.is_backchannel(words, confidence))
        return not nothing and not listener.is_echo(words, said)
    if record.partial:
        words = record.partial.text
        listener = language_of(words, language).listener
        return listener.has_word(words, record.partial.confidence) and not listener.is_echo(words, said)
    return False


def is_unsure(record: Record) -> bool:
    """Whether there are words that could be others."""
    said = record.transcript
    return said is not None and bool(said.text) and said.confidence is not None and said.confidence < UNSURE
