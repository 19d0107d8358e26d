from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from models.protocols import Samples
from pipeline.devices.files.decoding import Recording
from pipeline.errors import JournalError
from pipeline.runtime.journal.flac import FlacReader, FlacWriter

RATE = 16_000
EXACT = 2.0**-24


def noise(count: int, bits: int = 16) -> Samples:
    scale = 1 << (bits - 1)
    values = np.random.default_rng(count).integers(-scale // 8, scale // 8, count)
    return (values / scale).astype(np.float32)


def write(path: Path, samples: Samples, piece: int = 320, *, end: bool = True) -> None:
    writer = FlacWriter(path, RATE)
    for start in range(0, samples.size, piece):
        assert writer.append(samples[start : start + piece]) == start
    writer.finish() if end else writer.flush()
    writer.close()


@pytest.mark.parametrize("bits", [16, 24])
@pytest.mark.parametrize("piece", [7, 320, 5000])
def test_sound_comes_back_bit_by_bit(tmp_path: Path, bits: int, piece: int) -> None:
    samples = noise(5_003, bits)
    write(tmp_path / "a.flac", samples, piece)
    reader = FlacReader(tmp_path / "a.flac")
    assert (reader.length, reader.sample_rate) == (samples.size, RATE)
    assert np.array_equal(reader.read(0, samples.size), samples)


def test_any_part_can_be_read(tmp_path: Path) -> None:
    samples = noise(9_000)
    write(tmp_path / "a.flac", samples)
    reader = FlacReader(tmp_path / "a.flac")
    for start, count in [(0, 1), (1151, 2), (1152, 1152), (8_999, 1), (9_000, 0), (0, 0), (100, 8_000), (50, 20)]:
        assert np.array_equal(reader.read(start, count), samples[start : start + count])
    for start, count in [(-1, 2), (9_000, 1), (0, 9_001), (10, -5)]:
        with pytest.raises(JournalError, match="holds 9000 samples"):
            reader.read(start, count)


def test_what_has_more_than_24_bits_is_off_by_half_a_step(tmp_path: Path) -> None:
    samples = np.random.default_rng(1).standard_normal(4_000).astype(np.float32).clip(-0.999, 0.999)
    write(tmp_path / "a.flac", samples)
    back = FlacReader(tmp_path / "a.flac").read(0, samples.size)
    assert 0.0 < np.abs(back.astype(np.float64) - samples).max() <= EXACT


def test_sound_beyond_full_scale_is_clipped_and_no_number_is_silence(tmp_path: Path) -> None:
    write(tmp_path / "a.flac", np.array([2.0, -2.0, np.nan, np.inf, 0.5], np.float32))
    back = FlacReader(tmp_path / "a.flac").read(0, 5)
    assert np.allclose(back, [1.0, -1.0, 0.0, 1.0, 0.5], atol=2 * EXACT)


def test_a_file_that_is_cut_off_anywhere_gives_its_whole_blocks(tmp_path: Path) -> None:
    samples = noise(6 * 1152)
    write(tmp_path / "a.flac", samples, end=False)
    data, cut, lengths = (tmp_path / "a.flac").read_bytes(), tmp_path / "cut.flac", set()
    for size in [*range(42, len(data), 197), len(data) - 1, len(data)]:
        cut.write_bytes(data[:size])
        reader = FlacReader(cut)
        assert reader.length <= samples.size
        assert reader.length >= samples.size * (size - 42) // len(data) - 1152
        assert np.array_equal(reader.read(0, reader.length), samples[: reader.length])
        lengths.add(reader.length)
    assert lengths == {1152 * blocks for blocks in range(7)}


def test_players_read_it_while_it_grows_and_afterwards(tmp_path: Path) -> None:
    samples = noise(10 * 1152 + 100)
    for end in (False, True):
        path = tmp_path / f"{end}.flac"
        write(path, samples, end=end)
        with Recording(path, RATE) as recording:
            played = np.concatenate(list(recording))
            assert recording.notes == []
            assert recording.expected == (samples.size / RATE if end else None)
        assert np.array_equal(played, samples[: played.size])
        assert samples.size - played.size == (0 if end else 100)


def test_the_rest_is_filled_up_once_nothing_comes_any_more(tmp_path: Path) -> None:
    samples = noise(1_500)
    writer = FlacWriter(tmp_path / "a.flac", RATE)
    writer.append(samples)
    writer.settle()
    assert writer.length == 1_500  # more may come
    writer.settle()
    writer.flush()
    assert writer.length == 2 * 1152
    writer.settle()
    assert writer.append(samples) == 2 * 1152
    assert np.array_equal(FlacReader(tmp_path / "a.flac").read(0, 1_500), samples)
    writer.close()


def test_what_is_no_such_file_is_refused(tmp_path: Path) -> None:
    for data in (b"", b"RIFF", b"fLaC" + bytes(100), b"fLaC\x80\0\0\x22" + bytes(34)):
        (tmp_path / "a.flac").write_bytes(data)
        with pytest.raises(JournalError, match=r"a\.flac: its header"):
            FlacReader(tmp_path / "a.flac")


def test_damage_never_passes_for_sound(tmp_path: Path) -> None:
    samples = noise(8 * 1152)
    write(tmp_path / "a.flac", samples)
    data = (tmp_path / "a.flac").read_bytes()
    for place in range(50, len(data), 401):
        (tmp_path / "b.flac").write_bytes(data[:place] + bytes([data[place] ^ 0x5A]) + data[place + 1 :])
        reader = FlacReader(tmp_path / "b.flac")
        try:
            assert np.array_equal(reader.read(0, reader.length), samples[: reader.length])
        except JournalError as error:
            assert "is damaged" in str(error)  # noqa: PT017  either is right
