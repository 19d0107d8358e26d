"""The lipsync stage, behind the embedded voice."""

from __future__ import annotations

import asyncio
from itertools import pairwise

import numpy as np
import pytest
from support.streams import collect, stream

from models.face import Viseme
from models.lipsync.phonemes import Phonemes
from models.protocols import MouthShaper, Synthesiser, Voiced
from models.tts.hibari import Hibari
from pipeline.host.host import Host
from pipeline.host.threads import EngineThread, Rank
from pipeline.packets import Reply, Speech
from pipeline.stages import lipsync, tts
from pipeline.stages.stage import Turn


def follow(*speeches: Speech) -> list[Viseme]:
    host: Host[MouthShaper] = Host("lipsync", [EngineThread(Rank("phonemes", Phonemes()))])
    stage = lipsync.Lipsync(host, lipsync.Options())
    return asyncio.run(collect(stage.run(stream(*speeches), Turn("1"))))


def test_shapes_cover_the_whole_answer_without_gaps() -> None:
    voice = Hibari()
    voice.load()
    host: Host[Synthesiser] = Host("tts", [EngineThread(Rank("hibari", voice))])
    replies = stream(Reply("Maybe Bob may pay. "), Reply("Then he will have 12 coins, and a map."))
    speeches = asyncio.run(collect(tts.Tts(host, tts.Options()).run(replies, Turn("1"))))
    shapes = follow(*speeches)
    length = sum(speech.voiced.samples.size for speech in speeches) / 24_000
    assert all(a.start + a.duration == pytest.approx(b.start) for a, b in pairwise(shapes))
    assert sum(shape.duration for shape in shapes) == pytest.approx(length, abs=1e-6)
    assert sum(shape.viseme == "PP" for shape in shapes) >= 7
    assert shapes[-1].viseme == "sil"


def test_shapes_are_in_the_time_of_the_answer() -> None:
    piece = Voiced(np.full(1600, 0.5, np.float32), 16_000)
    first, second = follow(Speech(piece, 0.0, "a"), Speech(piece, 0.1, ""))[::2]
    assert (first.start, second.start) == (0.0, 0.1)


def test_no_speech_no_shapes() -> None:
    assert follow() == []
