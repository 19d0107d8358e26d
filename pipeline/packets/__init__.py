"""What travels on the edges of a graph, in the order of the data's way through it.

Frozen values without behaviour. Those that an engine gives and that travel unchanged (`Intent`, `Outcome`, `Thing`,
`Viseme`, `Expression`, `Gesture`) are defined beside the engine protocols, and only listed here.
"""

from __future__ import annotations

from typing import TypeAlias

from models.protocols import Expression, Gesture, Intent, Outcome, Thing, Viseme
from pipeline.packets.audio import Audio
from pipeline.packets.reply import Reply
from pipeline.packets.speech import Speech
from pipeline.packets.surroundings import Gaze, Picture, Pointing, Scene
from pipeline.packets.text import Text
from pipeline.packets.transcript import Partial, Transcript

Sense: TypeAlias = Audio | Text | Scene | Gaze | Pointing | Picture
"""What a turn may begin with."""

__all__ = [
    "Audio",
    "Expression",
    "Gaze",
    "Gesture",
    "Intent",
    "Outcome",
    "Partial",
    "Picture",
    "Pointing",
    "Reply",
    "Scene",
    "Speech",
    "Text",
    "Thing",
    "Transcript",
    "Viseme",
]
