"""How well the avatar hears, speaks and shapes its mouth, on the samples."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

import jiwer
import numpy as np
from first_audible import Ear
from recordings import Spoken, frames
from support.reading import normalised

from models.asr.faster_whisper import FasterWhisper
from models.protocols import Samples
from pipeline.graph.graph import Graph
from pipeline.packets import Speech
from pipeline.runtime.session import Session
from pipeline.stages.lift import EngineThread, Host, Rank


@dataclass(slots=True)
class _Pairs:
    """Texts as they should be, and as they were heard."""

    right: list[str] = field(default_factory=list)
    heard: list[str] = field(default_factory=list)

    def add(self, right: str, heard: str) -> None:
        if right := normalised(right):
            self.right.append(right)
            self.heard.append(normalised(heard))

    def wer(self) -> float:
        """Errors over words, all texts together."""
        return round(jiwer.wer(self.right, self.heard), 4)


async def measure(graph: Graph, utterances: Sequence[Spoken]) -> dict[str, Any]:
    """Word error rates of the recogniser and of the answers as another recogniser reads them, and how far the mouth
    shapes of an answer are from its length in the worst case."""
    reader = Host("reader", [EngineThread(Rank("faster-whisper", FasterWhisper()))])
    await reader.load()
    questions, answers, mouth = _Pairs(), _Pairs(), [0.0]
    for index, said in enumerate(utterances):
        ear = Ear()
        record = await Session(graph, f"quality{index}", user=f"quality{index}").answer(frames(said), ear)
        questions.add(said.words, record.transcript.text if record.transcript else "")
        sound, rate = _joined(ear.sound)
        if not sound.size:
            continue
        mouth.append(abs(sum(v.duration for v in record.visemes) - sound.size / rate))
        answers.add(record.reply, await _read(reader, sound, rate))
    await reader.close()
    return {
        "wer": questions.wer(),
        "answer_wer": answers.wer(),
        "viseme_error_ms": round(1000 * max(mouth), 2),
    }


def _joined(packets: Sequence[Speech]) -> tuple[Samples, int]:
    if not packets:
        return np.zeros(0, np.float32), 1
    return np.concatenate([packet.voiced.samples for packet in packets]), packets[0].voiced.sample_rate


async def _read(reader: Host[FasterWhisper], sound: Samples, rate: int) -> str:
    import soxr

    heard: Samples = soxr.resample(sound, rate, 16_000)
    # Whisper sees 30 s at a time, and the longest answers are longer.
    texts = []
    for start in range(0, heard.size, 28 * 16_000):
        part = heard[start : start + 28 * 16_000]
        texts.append((await reader.call(lambda engine, part=part: engine.transcribe(part))).text)  # type: ignore[misc]
    return " ".join(texts)
