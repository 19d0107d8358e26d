from __future__ import annotations

from contextlib import suppress

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipeline.wire.frames import HEADER, PICTURE, SOUND, WRAP, BadFrame, Frame, pack, unpack

kinds = st.sampled_from([SOUND, PICTURE])
numbers = st.integers(0, WRAP - 1)


@given(kinds, numbers, numbers, st.binary(min_size=1, max_size=200))
def test_a_frame_comes_back_as_it_was(kind: int, sequence: int, timestamp: int, payload: bytes) -> None:
    assert unpack(pack(kind, sequence, timestamp, payload)) == Frame(kind, sequence, timestamp, payload)


def test_the_header_is_as_the_document_says() -> None:
    assert pack(SOUND, 0x01020304, 0x0A0B0C0D, b"xy") == bytes.fromhex("01 00 0000 01020304 0a0b0c0d") + b"xy"


def test_numbers_wrap() -> None:
    assert unpack(pack(SOUND, WRAP + 5, 3 * WRAP + 7, b"x"))[1:3] == (5, 7)


def test_flags_of_later_versions_are_passed_over() -> None:
    data = bytearray(pack(SOUND, 1, 2, b"x"))
    data[1:4] = b"\xff\xff\xff"
    assert unpack(bytes(data)) == Frame(SOUND, 1, 2, b"x")


@pytest.mark.parametrize("data", [b"", b"\1", bytes(HEADER), bytes(HEADER + 1), b"\3" + bytes(20), b"\xff" * 40])
def test_what_is_no_frame_is_refused(data: bytes) -> None:
    with pytest.raises(BadFrame):
        unpack(data)


@given(st.binary(max_size=64))
def test_any_bytes_are_a_frame_or_a_bad_one(data: bytes) -> None:
    with suppress(BadFrame):
        frame = unpack(data)
        assert pack(*frame)[4:] == data[4:]
