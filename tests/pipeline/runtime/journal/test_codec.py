from __future__ import annotations

import json
from dataclasses import dataclass
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from models.protocols import Samples, Voiced
from pipeline import packets
from pipeline.errors import PipelineError, StageFailed
from pipeline.host.meter import Meter
from pipeline.packets import Audio, Intent, Outcome, Speech, Transcript
from pipeline.runtime.journal.codec import Sound, decode, decoder, digest, encode, fingerprint, no_sound
from pipeline.runtime.record import Fate, Record
from pipeline.runtime.turn import Report

KINDS = [getattr(packets, name) for name in packets.__all__]

sounds = arrays(np.float32, st.integers(0, 40), elements=st.floats(-1, 1, width=32))
rates = st.sampled_from([16_000, 22_050, 24_000])
voiced = st.builds(Voiced, samples=sounds, sample_rate=rates)


def everything() -> st.SearchStrategy[Any]:
    special = {
        Audio: st.builds(Audio, samples=sounds, sample_rate=rates),
        Speech: st.builds(Speech, voiced=voiced),
    }
    return st.one_of([special.get(kind, st.builds(kind)) for kind in KINDS])


def through(packet: Any) -> Any:
    """The packet as it comes back from a line of JSON."""
    kept: list[Samples] = []

    def keep(samples: Samples, sample_rate: int) -> Sound:
        kept.append(samples)
        return Sound(f"t-{sample_rate}", len(kept) - 1, samples.size, digest(samples))

    line = json.dumps(encode(packet, keep))
    return decode(type(packet), json.loads(line), lambda sound: kept[sound.offset])


@given(everything())
def test_every_packet_comes_back_as_it_was(packet: Any) -> None:
    back = through(packet)
    assert type(back) is type(packet)
    assert repr(back) == repr(packet)  # equality would stumble over arrays, and over numbers that are none
    assert fingerprint(back) == fingerprint(packet)


@given(sounds.filter(lambda samples: samples.size > 0), st.data())
def test_a_fingerprint_differs_when_one_bit_does(samples: Samples, data: st.DataObject) -> None:
    other = samples.copy()
    place = data.draw(st.integers(0, samples.size - 1))
    other.view(np.uint32)[place] ^= 1
    one, two = (Speech(Voiced(each, 24_000), 0.0, "") for each in (samples, other))
    assert fingerprint(one) != fingerprint(two)
    assert fingerprint(one) == fingerprint(Speech(Voiced(samples.copy(), 24_000), 0.0, ""))


def test_numbers_of_numpy_are_numbers() -> None:
    back = through(Transcript("", "en", 0.0, 1.0, np.float32(0.5)))  # type: ignore[arg-type]
    assert type(back.confidence) is float


def test_what_follows_from_packets_is_not_written() -> None:
    record = Record("a/1", Transcript("hello", "en", 0.0, 1.0), reply="Hello.", fate=Fate.FAILED, heard="Hello.")
    record.report = Report({"asr": Meter(packets_in=3, first_out=0.25)}, 1.5)
    try:
        raise StageFailed("tts", "a/1", PipelineError("no voice")) from PipelineError("no voice")
    except StageFailed as error:
        record.error = error
    data = json.loads(json.dumps(encode(record, no_sound)))
    assert not {"transcript", "reply"} & data.keys()
    back = decode(Record, data, no_sound)
    assert (back.fate, back.heard, back.transcript, back.reply) == (Fate.FAILED, "Hello.", None, "")
    assert back.report == record.report
    assert str(back.error) == str(record.error) == "tts: no voice (turn a/1)"


@pytest.mark.parametrize(
    ("kind", "data", "message"),
    [
        (Intent, {"slots": {}}, "Intent.name is missing"),
        (Intent, {"name": 3}, "Intent.name: found 3, expected str"),
        (Intent, {"name": "a", "slots": {"n": [1]}}, r"Intent.slots: found \[1\], expected str"),
        (Intent, {"name": "a", "wish": 1}, "Intent.wish is not known"),
        (Intent, ["a"], r"found \['a'\], expected a Intent"),
        (Outcome, {"task": "a", "status": "perhaps"}, "Outcome.status: found 'perhaps', expected one of done, refused"),
        (Outcome, {"task": "a", "status": "done", "actions": {}}, r"Outcome.actions: found \{\}, expected a list"),
        (Transcript, {"text": "", "language": "en", "start": True, "end": 1.0}, "Transcript.start: found True"),
        (Transcript, {"text": "", "language": "en", "start": 10**400, "end": 1.0}, "Transcript.start: found 1000"),
        (Audio, {"samples": [0.5], "sample_rate": 1, "start": 0.0}, r"Audio.samples: found \[0.5\], expected a Sound"),
    ],
)
def test_what_is_no_packet_is_refused_with_its_place(kind: type, data: Any, message: str) -> None:
    with pytest.raises(ValueError, match=message):
        decode(kind, data, no_sound)


@dataclass(frozen=True, slots=True)
class Picture:
    pixels: bytes


@dataclass(frozen=True, slots=True)
class Doubles:
    samples: np.ndarray[Any, np.dtype[np.float64]]
    sample_rate: int


@pytest.mark.parametrize("kind", [Picture, Doubles, dict[int, str], bytes, Samples | bytes])
def test_types_that_cannot_be_recorded_are_known_before_any_packet(kind: Any) -> None:
    with pytest.raises(TypeError, match="cannot be recorded"):
        decoder(kind)


def test_values_that_cannot_be_recorded_are_refused() -> None:
    for value in (Picture(b""), {1: "a"}, object(), Picture):
        with pytest.raises(TypeError, match="cannot be recorded"):
            encode(value, no_sound)
