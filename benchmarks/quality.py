"""Measures how well the avatar hears, speaks and shapes its mouth on the samples."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
from first_audible import Ear
from recordings import Spoken, frames
from support.reading import read_speech, word_error_rate

from models.context import User
from pipeline.graph.graph import Graph
from pipeline.runtime.session import Session


async def measure(graph: Graph, utterances: Sequence[Spoken]) -> dict[str, Any]:
    """The word error rates of the recogniser, and of the answers as another recogniser hears them. Also how far the
    mouth shapes of an answer are from its length in the worst case."""
    heard: list[str] = []
    said: list[str] = []
    understood: list[str] = []
    mouth = [0.0]
    for index, question in enumerate(utterances):
        ear = Ear()
        session = Session(graph, f"quality{index}", user=User(f"quality{index}"))
        record = await session.answer(frames(question), ear)
        heard.append(record.transcript.text if record.transcript else "")
        if ear.sound:
            rate = ear.sound[0].voiced.sample_rate
            sound = np.concatenate([packet.voiced.samples for packet in ear.sound])
            mouth.append(abs(sum(viseme.duration for viseme in record.visemes) - sound.size / rate))
            said.append(record.reply)
            understood.append(read_speech(sound, rate))
    return {
        "wer": round(word_error_rate([question.words for question in utterances], heard), 4),
        "answer_wer": round(word_error_rate(said, understood), 4),
        "viseme_error_ms": round(1000 * max(mouth), 3),
    }
