"""Says what is spoken in the recordings, and how they sound."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal

LEVEL = -23.0
"""The usual level of speech, as in a good headset: root mean square in decibels relative to full scale."""

PAUSE = "..."
"""The mark for half a second of silence in mid-sentence."""


@dataclass(frozen=True, slots=True)
class Line:
    """One utterance."""

    text: str
    intent: str
    slots: Mapping[str, str | int] = field(default_factory=dict)
    gap: float = 2.0
    """Seconds of silence before it, where it is not the first."""


@dataclass(frozen=True, slots=True)
class Recipe:
    """One recording."""

    file: str
    about: str
    lines: tuple[Line, ...]
    speed: float = 1.0
    pitch: float = 1.0
    level: float = LEVEL
    """The level of the speech, as in `LEVEL`."""
    noise: Literal["room", "pink", "babble"] = "room"
    snr: float = 45.0
    """The signal-to-noise ratio: decibels between speech and noise."""
    lead: float = 0.5
    """Seconds of silence before the first word."""
    sample_rate: int = 16_000
    channels: int = 1


RECIPES = (
    Recipe(
        "navigate.wav",
        "a clean request",
        (Line("Take me to the library, please.", "navigate", {"place": "library"}),),
    ),
    Recipe(
        "where.wav",
        "a quick, high voice",
        (Line("Where am I?", "where_am_i"),),
        speed=1.15,
        pitch=1.1,
    ),
    Recipe(
        "buy.wav",
        "pink noise",
        (Line("I would like to buy two apples.", "buy", {"item": "apple", "quantity": 2}),),
        noise="pink",
        snr=15.0,
    ),
    Recipe(
        "price.flac",
        "stereo at 44.1 kHz, the speaker left of the middle",
        (Line("How much is the telescope?", "price", {"item": "telescope"}),),
        speed=0.95,
        sample_rate=44_100,
        channels=2,
    ),
    Recipe(
        "inventory.wav",
        "a quick speaker",
        (Line("What is in my bag?", "inventory"),),
        speed=1.25,
    ),
    Recipe(
        "timer.mp3",
        "compressed, with a number in words",
        (Line("Set a timer for ten minutes.", "timer", {"duration": 600}),),
        pitch=0.94,
    ),
    Recipe(
        "weather.opus",
        "other people talking in the background",
        (Line("Is it raining at the lighthouse?", "weather", {"place": "lighthouse"}),),
        noise="babble",
        snr=15.0,
        sample_rate=48_000,
    ),
    Recipe(
        "remember.wav",
        "a fact, and a question about it",
        (
            Line("Remember that my sister lives in Oslo.", "remember", {"fact": "my sister lives in oslo"}),
            Line("What did I tell you about my sister?", "recall", {"topic": "my sister"}, gap=2.5),
        ),
        speed=0.95,
        pitch=1.03,
    ),
    Recipe(
        "story.m4a",
        "compressed, with a free topic",
        (Line("Tell me a story about a dragon.", "story", {"topic": "a dragon"}),),
        pitch=1.06,
        sample_rate=44_100,
    ),
    Recipe(
        "teach.wav",
        "a slow, deep voice",
        (Line("Can you explain how a volcano works?", "teach", {"topic": "how a volcano works"}),),
        speed=0.85,
        pitch=0.95,
    ),
    Recipe(
        "hello.wav",
        "a quiet speaker",
        (Line("Hello, how are you today?", "small_talk"),),
        level=-42.0,
        snr=30.0,
    ),
    Recipe(
        "stop.wav",
        "a single word",
        (Line("Stop!", "stop"),),
    ),
    Recipe(
        "unknown.wav",
        "nothing that any skill answers to",
        (Line("The printer on the second floor is out of paper.", "unknown"),),
    ),
    Recipe(
        "paused.wav",
        "half a second of thought in mid-sentence",
        (Line("I want to go ... to the observatory.", "navigate", {"place": "observatory"}),),
    ),
    Recipe(
        "hesitant.wav",
        "fillers, a pause and pink noise",
        (Line("Um, could you ... get me a kite, please?", "buy", {"item": "kite"}),),
        noise="pink",
        snr=15.0,
    ),
    Recipe(
        "late.wav",
        "five seconds of silence before the first word",
        (Line("Please show me the way to the garden.", "navigate", {"place": "garden"}),),
        lead=5.0,
    ),
    Recipe(
        "refused.webm",
        "more than the purse holds",
        (Line("Could you buy me a telescope, please?", "buy", {"item": "telescope"}),),
        pitch=1.04,
        sample_rate=48_000,
    ),
    Recipe(
        "visit.wav",
        "a visit of more than a minute",
        (
            Line("Good morning!", "small_talk"),
            Line("Where are we right now?", "where_am_i", gap=2.5),
            Line("How do I get to the market?", "navigate", {"place": "market"}, gap=1.5),
            Line("How much does a lantern cost?", "price", {"item": "lantern"}, gap=2.8),
            Line("I want to buy three cookies.", "buy", {"item": "cookie", "quantity": 3}, gap=2.2),
            Line("How many coins do I have left?", "inventory", gap=1.8),
            Line("What is the weather like today?", "weather", gap=3.0),
            Line("Set a timer for half an hour.", "timer", {"duration": 1800}, gap=2.0),
            Line(
                "Remember that the red key opens the gate.",
                "remember",
                {"fact": "the red key opens the gate"},
                gap=2.4,
            ),
            Line("Can you explain how rainbows work?", "teach", {"topic": "how rainbows work"}, gap=1.6),
            Line("What did I tell you about the red key?", "recall", {"topic": "the red key"}, gap=3.0),
            Line("Tell me a story about a robot.", "story", {"topic": "a robot"}, gap=2.6),
            Line("Is the umbrella expensive?", "price", {"item": "umbrella"}, gap=2.3),
            Line("Okay, I will take the umbrella.", "buy", {"item": "umbrella"}, gap=1.9),
            Line("What am I carrying?", "inventory", gap=2.7),
            Line("Take me to the arena.", "navigate", {"place": "arena"}, gap=2.0),
            Line("Thank you very much.", "small_talk", gap=1.7),
        ),
        speed=0.95,
    ),
)

BABBLE = (
    "The train to the coast leaves at a quarter past nine, and the next one an hour later.",
    "We painted the kitchen yellow, which my brother says was a mistake.",
    "If the soup is too thick, add some water and stir it until it boils.",
    "Nobody had told her that the meeting was moved to the other building.",
)
"""Sentences that the other people in the babble say."""
