from __future__ import annotations

import asyncio
import contextlib
import errno
import io
import os
import re
import subprocess
import sys
from collections.abc import Iterator
from contextlib import aclosing
from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray
from support.waves import clicks, cut, damage, dominant, loudness, noise, pcm16, silence, tone, wav_bytes

from audio_samples.make_samples import encode
from pipeline.devices.files.decoding import Recording, decode, packets, read
from pipeline.devices.files.wav import write_wav
from pipeline.errors import MediaError
from pipeline.packets import Audio

COMPRESSED = ("mp3", "opus", "webm", "m4a")


def write(path: Path, content: bytes) -> Path:
    path.write_bytes(content)
    return path


def encoded(path: Path, seconds: float = 4.0) -> Path:
    """A tone that rises in the middle, in the format of the suffix."""
    sound = np.concatenate(
        [tone(seconds / 2, 400.0, sample_rate=48_000), tone(seconds / 2, 1200.0, sample_rate=48_000)]
    )
    encode(path, sound[np.newaxis].astype(np.float64), 48_000)
    return path


def problem(path: Path) -> str:
    """What reading a file complains of: one line that begins with its name."""
    with pytest.raises(MediaError) as caught:
        list(decode(path))
    message = str(caught.value)
    assert message.startswith(f"{path}: ")
    assert "\n" not in message
    return message.removeprefix(f"{path}: ")


def notes(path: Path) -> list[str]:
    """What is wrong with a file that gives sound all the same."""
    with Recording(path) as recording:
        assert sum(block.size for block in recording) > 0
    return recording.notes


class TestFormats:
    @pytest.mark.parametrize(
        ("bits", "form", "sound", "step"),
        [
            (8, 1, np.rint(tone(0.2) * 127 + 128).astype("u1"), 1 / 128),
            (16, 1, pcm16(tone(0.2)), 1e-4),
            (24, 1, np.rint(tone(0.2) * 8388607).astype("<i4").view("u1").reshape(-1, 4)[:, :3], 1e-6),
            (32, 1, np.rint(tone(0.2) * 2147483647.0).astype("<i4"), 1e-6),
            (32, 3, tone(0.2), 1e-7),
            (64, 3, tone(0.2).astype("<f8"), 1e-7),
        ],
    )
    def test_wav(self, tmp_path: Path, bits: int, form: int, sound: NDArray[np.generic], step: float) -> None:
        path = write(tmp_path / "x.wav", wav_bytes(sound.tobytes(), bits=bits, form=form))
        assert np.abs(read(path) - tone(0.2)).max() < step

    @pytest.mark.parametrize("suffix", ["flac", *COMPRESSED])
    def test_what_is_heard_when(self, tmp_path: Path, suffix: str) -> None:
        with Recording(encoded(tmp_path / f"x.{suffix}")) as recording:
            sound = np.concatenate(list(recording))
        assert recording.duration == pytest.approx(4.0, abs=0.1)
        assert recording.expected == pytest.approx(4.0, abs=0.1)
        assert recording.notes == []
        assert dominant(sound[8_000:24_000]) == pytest.approx(400.0, abs=2.0)
        assert dominant(sound[40_000:56_000]) == pytest.approx(1200.0, abs=2.0)
        assert loudness(sound[40_000:56_000]) == pytest.approx(0.5 / np.sqrt(2), rel=0.05)

    @pytest.mark.parametrize("sample_rate", [8_000, 11_025, 22_050, 44_100, 48_000, 96_000])
    def test_any_rate(self, tmp_path: Path, sample_rate: int) -> None:
        write_wav(tmp_path / "x.wav", tone(2.0, 1000.0, sample_rate=sample_rate), sample_rate)
        sound = read(tmp_path / "x.wav")
        assert sound.size == pytest.approx(32_000, abs=32)
        assert dominant(sound) == pytest.approx(1000.0, abs=1.0)
        assert loudness(sound[1600:-1600]) == pytest.approx(0.5 / np.sqrt(2), rel=0.01)

    def test_what_the_lower_rate_cannot_hold_is_filtered_out(self, tmp_path: Path) -> None:
        write_wav(tmp_path / "x.wav", tone(1.0, 12_000.0, sample_rate=48_000), 48_000)
        assert loudness(read(tmp_path / "x.wav")[1600:-1600]) < 0.001

    @pytest.mark.parametrize("channels", [2, 3, 4, 6, 8])
    def test_any_number_of_channels_cannot_clip(self, tmp_path: Path, channels: int) -> None:
        sound = np.repeat(pcm16(tone(0.5, level=1.0)), channels)
        path = write(tmp_path / "x.wav", wav_bytes(sound, channels=channels))
        assert np.abs(read(path) - tone(0.5, level=1.0)).max() < 1e-4

    def test_one_side_is_enough_to_be_heard(self, tmp_path: Path) -> None:
        sound = np.stack([pcm16(silence(0.5)), pcm16(tone(0.5))], axis=1)
        path = write(tmp_path / "x.wav", wav_bytes(sound, channels=2))
        assert loudness(read(path)) == pytest.approx(0.25 / np.sqrt(2), rel=0.01)

    def test_blocks(self, tmp_path: Path) -> None:
        write_wav(tmp_path / "x.wav", tone(1.3), 16_000)
        assert [block.size for block in decode(tmp_path / "x.wav")] == [8_000, 8_000, 4_800]
        blocks = list(decode(tmp_path / "x.wav", sample_rate=8_000, block=0.25))
        assert {block.size for block in blocks[:-1]} == {2_000}
        assert all(block.dtype == np.float32 for block in blocks)

    def test_the_name_says_nothing(self, tmp_path: Path) -> None:
        path = encoded(tmp_path / "x.flac").rename(tmp_path / "x\n¿声?*.txt")
        assert read(path).size == pytest.approx(64_000, abs=10)

    def test_several_streams(self, tmp_path: Path) -> None:
        """Pictures are passed over, and of the audio streams the first is read."""
        import av

        path = tmp_path / "x.mkv"
        with av.open(path, "w", format="matroska") as file:
            picture = file.add_stream("mpeg4", rate=25)
            picture.width = picture.height = 64
            picture.pix_fmt = "yuv420p"
            sounds = [file.add_stream("pcm_s16le", rate=16_000, layout="mono") for _ in range(2)]
            for _ in range(25):
                frame = av.VideoFrame.from_ndarray(np.zeros((64, 64, 3), np.uint8))
                file.mux(picture.encode(frame))
            for stream, hertz in zip(sounds, (400.0, 1200.0), strict=True):
                audio = av.AudioFrame.from_ndarray(pcm16(tone(1.0, hertz))[np.newaxis], "s16", "mono")
                audio.sample_rate = 16_000
                file.mux(stream.encode(audio))
            file.mux(picture.encode(None))
            for stream in sounds:
                file.mux(stream.encode(None))
        sound = read(path)
        assert sound.size == 16_000
        assert dominant(sound) == pytest.approx(400.0, abs=1.0)

    def test_streams_put_one_behind_another_may_change_their_rate(self, tmp_path: Path) -> None:
        write_wav(tmp_path / "a.wav", tone(1.0, 400.0), 16_000)
        first, second = tmp_path / "a.mp3", tmp_path / "b.mp3"
        encode(first, tone(2.0, 400.0, sample_rate=16_000)[np.newaxis].astype(np.float64), 16_000)
        encode(second, tone(2.0, 1200.0, sample_rate=24_000)[np.newaxis].astype(np.float64), 24_000)
        sound = read(write(tmp_path / "ab.mp3", first.read_bytes() + second.read_bytes()))
        assert sound.size == pytest.approx(64_000, abs=4_000)
        assert dominant(sound[8_000:24_000]) == pytest.approx(400.0, abs=2.0)
        assert dominant(sound[40_000:56_000]) == pytest.approx(1200.0, abs=2.0)


class TestNothingToHear:
    def test_missing(self, tmp_path: Path) -> None:
        assert problem(tmp_path / "x.wav") == "cannot be read: No such file or directory"

    def test_folder(self, tmp_path: Path) -> None:
        assert problem(tmp_path) == "is a folder in which no sound file was found"

    def test_empty(self, tmp_path: Path) -> None:
        assert problem(write(tmp_path / "x.wav", b"")) == "is empty (0 bytes)"

    def test_header_without_sound(self, tmp_path: Path) -> None:
        path = write(tmp_path / "x.wav", wav_bytes(b""))
        assert problem(path) == "holds no sound: its header is there, but no sound follows"

    def test_pictures_only(self, tmp_path: Path) -> None:
        import av

        with av.open(tmp_path / "x.mkv", "w", format="matroska") as file:
            picture = file.add_stream("mpeg4", rate=25)
            picture.width = picture.height = 64
            file.mux(picture.encode(av.VideoFrame.from_ndarray(np.zeros((64, 64, 3), np.uint8))))
            file.mux(picture.encode(None))
        assert problem(tmp_path / "x.mkv") == "holds no sound, only other streams"

    @pytest.mark.parametrize(
        ("content", "said"),
        [
            (b"hello there, this is text\n" * 1000, "like text"),
            (b"\x89PNG\r\n\x1a\n" + bytes(5000), "like a PNG picture"),
            (bytes(1_000_000), "nothing but zeros"),
            (noise(5.0).tobytes(), "no known format"),
            (b"RIFF", "a wav file that is cut off"),
            (wav_bytes(pcm16(tone(1.0)), sample_rate=0), "a wav file that is cut off or has a broken header"),
        ],
    )
    def test_no_sound_file(self, tmp_path: Path, content: bytes, said: str) -> None:
        message = problem(write(tmp_path / "x.wav", content))
        assert message.startswith("is not a sound file that can be read: it")
        assert said in message
        assert message.endswith("; expected wav, flac, mp3, ogg, opus, m4a or webm")

    def test_random_bytes_behind_an_mp3_tag(self, tmp_path: Path) -> None:
        content = b"ID3\x04\0\0\0\0\0\0" + np.random.default_rng(0).bytes(200_000)
        assert re.match("is not a sound file|has a broken header", problem(write(tmp_path / "x.mp3", content)))

    @pytest.mark.parametrize("header", [{"channels": 1000}, {"sample_rate": 2**31 - 1}, {"sample_rate": 1}])
    def test_headers_that_make_no_sense(self, tmp_path: Path, header: dict[str, int]) -> None:
        path = write(tmp_path / "x.wav", wav_bytes(pcm16(tone(1.0)), **header))
        assert problem(path).startswith("has a broken header: ")

    @pytest.mark.parametrize(("form", "bits"), [(0x9999, 16), (1, 64)])
    def test_codecs_that_nothing_here_decodes(self, tmp_path: Path, form: int, bits: int) -> None:
        path = write(tmp_path / "x.wav", wav_bytes(bytes(8000), form=form, bits=bits))
        assert problem(path) == "has a codec that cannot be decoded"

    def test_whatever_is_in_a_file_the_error_is_ours(self, tmp_path: Path) -> None:
        """Bytes changed here and there, mostly in the header: sound with notes, or a MediaError."""
        random = np.random.default_rng(0)
        write_wav(tmp_path / "x.wav", tone(1.0), 16_000)
        files = [tmp_path / "x.wav", *(encoded(tmp_path / f"x.{suffix}", 1.0) for suffix in ("flac", *COMPRESSED))]
        for whole in [path.read_bytes() for path in files for _ in range(40)]:
            content = bytearray(whole)
            for place in random.integers(200, size=random.integers(1, 8)):
                content[place] = random.integers(256)
            with contextlib.suppress(MediaError):
                read(write(tmp_path / "changed", bytes(content[: random.integers(1, len(content) + 1)])))

    @pytest.mark.parametrize(
        "content",
        [
            "#EXTM3U\n#EXT-X-TARGETDURATION:1\n#EXTINF:1,\n{}\n#EXT-X-ENDLIST\n",
            "ffconcat version 1.0\nfile {}\n",
        ],
    )
    def test_playlists_lead_nowhere(self, tmp_path: Path, content: str) -> None:
        write_wav(tmp_path / "secret.wav", tone(1.0), 16_000)
        path = write(tmp_path / "x.wav", content.format(tmp_path / "secret.wav").encode())
        assert "like text" in problem(path)

    @pytest.mark.skipif(sys.platform == "win32", reason="has no named pipes in folders")
    def test_pipe_that_nobody_writes_to(self, tmp_path: Path) -> None:
        os.mkfifo(tmp_path / "x.wav")
        assert problem(tmp_path / "x.wav") == "is a pipe or a device, not a file"

    @pytest.mark.skipif(sys.platform == "win32", reason="has no such devices")
    def test_device_that_never_ends(self, tmp_path: Path) -> None:
        (tmp_path / "x.wav").symlink_to("/dev/zero")
        assert problem(tmp_path / "x.wav") == "is a pipe or a device, not a file"

    @pytest.mark.skipif(sys.platform == "win32", reason="has other permissions")
    def test_not_allowed(self, tmp_path: Path) -> None:
        path = tmp_path / "x.wav"
        write_wav(path, tone(1.0), 16_000)
        path.chmod(0)
        with _nobody():
            assert problem(path) == "cannot be read: Permission denied"

    def test_name_that_no_file_can_have(self) -> None:
        with pytest.raises(MediaError, match=r"^a\\x00b: cannot be read"):
            read("a\0b")


class TestSalvage:
    @pytest.mark.parametrize("suffix", ["wav", "flac", "mp3", "webm"])
    def test_cut_off(self, tmp_path: Path, suffix: str) -> None:
        path = tmp_path / f"x.{suffix}"
        write_wav(path, tone(4.0), 16_000) if suffix == "wav" else encoded(path)
        assert re.match(r"cut off or damaged: of 4\.0 s by its header, [12]\.\d s read", notes(cut(path, 0.45))[0])

    def test_ogg_cut_off_is_a_shorter_ogg(self, tmp_path: Path) -> None:
        assert notes(cut(encoded(tmp_path / "x.opus"), 0.6)) == []

    def test_m4a_cut_off_has_lost_its_index(self, tmp_path: Path) -> None:
        assert "without its index" in problem(cut(encoded(tmp_path / "x.m4a"), 0.8))

    @pytest.mark.parametrize("suffix", COMPRESSED)
    def test_damaged(self, tmp_path: Path, suffix: str) -> None:
        path = damage(encoded(tmp_path / f"x.{suffix}", 8.0), 0.4)
        sound = read(path)
        assert sound.size > 5 * 16_000
        assert dominant(sound[8_000:24_000]) == pytest.approx(400.0, abs=2.0)

    def test_damage_is_counted(self, tmp_path: Path) -> None:
        assert re.fullmatch(r"[1-9] damaged pieces passed over", notes(damage(encoded(tmp_path / "x.m4a"), 0.4))[-1])

    @pytest.mark.parametrize("claim", [0xFFFF_FFFF, 0x8000_0000, 0x7FFF_F000])
    def test_a_writer_that_could_not_know_the_size(self, tmp_path: Path, claim: int) -> None:
        assert notes(write(tmp_path / "x.wav", wav_bytes(pcm16(tone(1.0)), claim=claim))) == []

    def test_numbers_that_are_none(self, tmp_path: Path) -> None:
        sound = tone(1.0)
        sound[100:110] = np.nan
        sound[200] = np.inf
        path = write(tmp_path / "x.wav", wav_bytes(sound, bits=32, form=3))
        assert notes(path) == ["11 samples are no numbers and count as silence"]
        assert np.isfinite(read(path)).all()

    def test_far_above_full_scale(self, tmp_path: Path) -> None:
        path = write(tmp_path / "x.wav", wav_bytes(tone(1.0, level=32767.0), bits=32, form=3))
        assert notes(path) == ["up to 3.28e+04 times as loud as full scale, so it is distorted"]
        assert np.abs(read(path)).max() == 1.0

    def test_a_file_that_shrinks_meanwhile(self, tmp_path: Path) -> None:
        write_wav(tmp_path / "x.wav", tone(60.0), 16_000)
        with Recording(tmp_path / "x.wav") as recording:
            blocks = iter(recording)
            next(blocks)
            os.truncate(tmp_path / "x.wav", 1_000_000)
            for _ in blocks:
                pass
        assert recording.duration < 40.0
        assert recording.notes[0].startswith("cut off or damaged: of 60.0 s by its header")

    @pytest.mark.skipif(sys.platform == "win32", reason="keeps open files from being removed")
    def test_a_file_that_vanishes_meanwhile_is_read_to_its_end(self, tmp_path: Path) -> None:
        write_wav(tmp_path / "x.wav", tone(60.0), 16_000)
        with Recording(tmp_path / "x.wav") as recording:
            (tmp_path / "x.wav").unlink()
            assert sum(block.size for block in recording) == 60 * 16_000
        assert recording.notes == []

    def test_a_disk_that_fails_meanwhile(self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        class Failing(io.FileIO):  # a fault that no test can cause for real
            def read(self, size: int | None = -1) -> bytes | None:  # type: ignore[override]  # as the base class does
                if self.tell() > 1_000_000:
                    raise OSError(errno.EIO, os.strerror(errno.EIO))
                return super().read(size)

        write_wav(tmp_path / "x.wav", clicks(60.0), 16_000)
        monkeypatch.setattr("pipeline.devices.files.decoding._open", Failing)
        with Recording(tmp_path / "x.wav") as recording:
            heard = sum(block.size for block in recording) / 16_000
        assert 20.0 < heard < 40.0
        assert recording.notes == [f"reading stopped after {heard:.1f} s: Input/output error"]


def test_hours_in_bounded_memory(tmp_path: Path) -> None:
    """Two hours, 460 MB if they were held, add less than 20 MB."""
    size = 2 * 3600 * 16_000 * 2
    head = wav_bytes(b"", claim=size)
    path = write(tmp_path / "x.wav", head)
    os.truncate(path, len(head) + size)  # the zeros take no room on the disk
    script = """
import resource, sys
from pipeline.devices.files.decoding import Recording
peak = lambda: resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
with Recording(sys.argv[1]) as recording:
    blocks = iter(recording)
    for _ in range(100): next(blocks)
    before = peak()
    for _ in blocks: pass
print(recording.duration, recording.notes, peak() - before)
"""
    ran = subprocess.run([sys.executable, "-c", script, str(path)], capture_output=True, text=True, check=True)
    duration, said, grown = ran.stdout.split()
    assert (duration, said) == ("7200.0", "[]")
    assert int(grown) < 20_000
    assert ran.stderr == ""


def test_decoders_do_not_chatter(tmp_path: Path, capfd: pytest.CaptureFixture[str]) -> None:
    for suffix in COMPRESSED:
        read(damage(encoded(tmp_path / f"x.{suffix}"), 0.4))
    problem(write(tmp_path / "x.wav", b"RIFF"))
    assert capfd.readouterr() == ("", "")


class TestPackets:
    def test_as_a_graph_takes_it(self, tmp_path: Path) -> None:
        write_wav(tmp_path / "x.wav", tone(1.3, sample_rate=48_000), 48_000)

        async def run() -> list[Audio]:
            with Recording(tmp_path / "x.wav") as recording:
                return [audio async for audio in packets(recording)]

        heard = asyncio.run(run())
        assert [audio.start for audio in heard] == [0.0, 0.5, 1.0]
        assert {audio.sample_rate for audio in heard} == {16_000}

    def test_errors_rise(self, tmp_path: Path) -> None:
        path = write(tmp_path / "x.wav", wav_bytes(b""))

        async def run() -> None:
            with Recording(path) as recording:
                async for _ in packets(recording):
                    pass

        with pytest.raises(MediaError, match="holds no sound"):
            asyncio.run(run())

    def test_cancelled_at_any_time(self, tmp_path: Path) -> None:
        """The file is closed only when no thread reads it any more."""
        write_wav(tmp_path / "x.wav", tone(10.0, sample_rate=48_000), 48_000)

        async def listen(heard: list[float]) -> None:
            with Recording(tmp_path / "x.wav", block=2.0) as recording:
                async with aclosing(packets(recording)) as sound:
                    async for audio in sound:
                        heard.append(audio.start)

        async def run() -> None:
            for turns in range(8):
                task = asyncio.create_task(listen([]))
                for _ in range(turns):
                    await asyncio.sleep(0)
                task.cancel()
                await asyncio.sleep(0)
                task.cancel()
                with pytest.raises(asyncio.CancelledError):
                    await task

        asyncio.run(run())


@contextlib.contextmanager
def _nobody() -> Iterator[None]:
    """Without the powers of root, if tests run as root."""
    if os.geteuid() != 0:
        yield
        return
    os.seteuid(65534)
    try:
        yield
    finally:
        os.seteuid(0)
