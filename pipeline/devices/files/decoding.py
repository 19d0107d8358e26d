"""Reads sound files: any container and codec that FFmpeg decodes, as mono blocks of one rate, in bounded memory."""

from __future__ import annotations

import asyncio
import contextlib
import hashlib
import os
import stat
from collections.abc import AsyncGenerator, Iterator
from io import BufferedReader
from pathlib import Path
from types import TracebackType
from typing import TYPE_CHECKING, Any, BinaryIO

import numpy as np
from numpy.typing import NDArray

from models.protocols import Samples
from pipeline.devices.files.paths import shown
from pipeline.devices.files.sound_header import looks_like, promised
from pipeline.errors import MediaError
from pipeline.packets import Audio

if TYPE_CHECKING:
    from av import AudioFrame, AudioStream
    from av.container import InputContainer

SAMPLE_RATE = 16_000
"""The rate that speech recognisers take, in Hz."""

OPTIONS = {
    # Without this list of demuxers, FFmpeg would follow playlists to other files and to the network.
    "format_whitelist": "wav,w64,aiff,au,caf,flac,mp3,ogg,mov,matroska,aac,amr,asf",
    # Bytes in a packet of a WAV file: the default of 64 ms spends most of the time between packets.
    "max_size": "16384",
}
"""What FFmpeg opens files with."""

UNREADABLE = ("s64", "s64p")
"""FFmpeg's sample formats that PyAV does not hand out: 64-bit integers."""

RATES = range(1_000, 768_001)
"""The possible sample rates in Hz; a header with another one is broken."""

SHORT = 0.25
"""Seconds that may be missing at the end without a note: encoders pad, and containers round."""


class Recording:
    """A sound file, read as it is iterated: mono blocks of `block` seconds, the last one shorter.

    An error before the first block raises MediaError. A later one ends the iteration and leaves a note, so no words
    heard until then are lost. Channels are averaged, which cannot clip. The first of several audio streams is read, and
    pictures are ignored. Iterate once, from one thread at a time."""

    def __init__(self, path: Path | str, sample_rate: int = SAMPLE_RATE, block: float = 0.5) -> None:
        """Open a file. Raises MediaError."""
        self.path, self.sample_rate, self.block = Path(path), sample_rate, block
        self.duration = 0.0
        """Seconds of sound that were read so far."""
        self.notes: list[str] = []
        """For people: the faults of a file that gave sound nevertheless. The list is complete after the iteration."""
        self._file = _open(self.path)
        try:
            self._head = self._file.read(65_536)
            self._file.seek(0)
            self._container, self._stream = self._demux()
            self.expected = promised(self._container, self._head, os.fstat(self._file.fileno()).st_size)
            """Seconds that the header promises, for a progress bar; None where it does not say."""
        except BaseException:
            self._file.close()
            raise
        self._damaged = self._intact = self._unreal = 0
        self._peak, self._stopped = 1.0, ""

    def _demux(self) -> tuple[InputContainer, AudioStream]:
        import av

        try:
            container = av.open(_Bytes(self._file), "r", options=OPTIONS)
        except OSError as error:
            raise self._error(_reason(error)) from error
        except (av.FFmpegError, ValueError) as error:
            raise self._error(f"is not a sound file that can be read: {looks_like(self._head)}") from error
        found = next(iter(container.streams.audio), None)
        codec: Any = found and found.codec_context  # None without a decoder, which PyAV's types leave out
        if found is None:
            wrong = "holds no sound, only other streams"
        elif codec is None or (codec.format and codec.format.name in UNREADABLE):
            wrong = "has a codec that cannot be decoded"
        elif found.rate not in RATES or not found.channels:
            wrong = f"has a broken header: {found.channels} channels at {found.rate} Hz"
        else:
            return container, found
        container.close()
        raise self._error(wrong)

    def __iter__(self) -> Iterator[Samples]:
        size, rest = round(self.sample_rate * self.block), np.zeros(0, np.float32)
        for samples in self._resampled():
            rest = np.concatenate([rest, samples])
            while rest.size >= size:
                self.duration += size / self.sample_rate
                yield rest[:size]
                rest = rest[size:]
        if rest.size:
            self.duration += rest.size / self.sample_rate
            yield rest
        self._conclude()

    def _resampled(self) -> Iterator[Samples]:
        """Mono sound at the rate asked for, about a block at a time."""
        import av

        resampler, rate = av.AudioResampler("flt", "mono", self.sample_rate), 0
        for samples, now in self._pieces():
            if rate not in (0, now):  # a file that was joined from several may change its rate
                yield _joined(resampler.resample(None))
                resampler = av.AudioResampler("flt", "mono", self.sample_rate)
            rate = now
            frame = av.AudioFrame.from_ndarray(samples[np.newaxis], format="flt", layout="mono")
            frame.sample_rate = rate
            yield _joined(resampler.resample(frame))
        if rate:
            yield _joined(resampler.resample(None))

    def _pieces(self) -> Iterator[tuple[Samples, int]]:
        """Mono sound of about a block and its rate: single frames are too short to be worth many calls each."""
        held: list[NDArray[Any]] = []
        length, now = 0, (0, 0, "")
        for frame in self._frames():
            form = frame.sample_rate, frame.layout.nb_channels, frame.format.name
            if held and (form != now or length >= now[0] * self.block):
                yield self._clean(_mono(np.concatenate(held, axis=1), now[1])), now[0]
                held, length = [], 0
            now = form
            held.append(frame.to_ndarray())
            length += frame.samples
        if held:
            yield self._clean(_mono(np.concatenate(held, axis=1), now[1])), now[0]

    def _frames(self) -> Iterator[AudioFrame]:
        import av

        packets = self._container.demux(self._stream)
        while True:
            try:
                packet = next(packets, None)
            except (av.FFmpegError, OSError) as error:
                self._stopped = _reason(error)
                return
            if packet is None:
                return
            try:
                frames = packet.decode()
            except av.FFmpegError:
                self._damaged += 1
                # Noise that resembles a header yields a frame now and then, and none of its words were ever said.
                if self._damaged > 50 + self._intact:
                    return
                continue
            self._intact += 1
            for frame in frames:
                if frame.samples and frame.sample_rate in RATES:
                    yield frame

    def _clean(self, sound: NDArray[np.float64]) -> Samples:
        """Replace what is no number, and clip what exceeds full scale: files of floating point numbers hold both."""
        real = np.isfinite(sound)
        if not real.all():
            self._unreal += int(sound.size - np.count_nonzero(real))
            sound = np.where(real, sound, 0.0)
        self._peak = max(self._peak, float(np.abs(sound).max()))
        return sound.clip(-1.0, 1.0).astype(np.float32)

    def _conclude(self) -> None:
        """Note the faults that were met. Raises MediaError if there was no sound at all."""
        if not self.duration:
            if self._damaged:
                raise self._error(f"is not a sound file that can be read: {looks_like(self._head)}")
            raise self._error(self._stopped or "holds no sound: its header is there, but no sound follows")
        if self._stopped:
            self.notes.append(f"reading stopped after {self.duration:.1f} s: {self._stopped}")
        elif self.expected and self.duration < self.expected - max(SHORT, 0.01 * self.expected):
            self.notes.append(f"cut off or damaged: of {self.expected:.1f} s by its header, {self.duration:.1f} s read")
        if self._damaged:
            self.notes.append(f"{self._damaged} damaged pieces passed over")
        if self._unreal:
            self.notes.append(f"{self._unreal} samples are no numbers and count as silence")
        if self._peak > 1.5:  # lossy codecs exceed full scale a little, which is no fault
            self.notes.append(f"up to {self._peak:.3g} times as loud as full scale, so it is distorted")

    def _error(self, what: str) -> MediaError:
        return MediaError(f"{shown(self.path)}: {what}")

    def close(self) -> None:
        """Close the file."""
        self._container.close()
        self._file.close()

    def __enter__(self) -> Recording:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        self.close()


def decode(path: Path | str, sample_rate: int = SAMPLE_RATE, block: float = 0.5) -> Iterator[Samples]:
    """The sound of a file as mono blocks; for progress and notes, use `Recording`. Raises MediaError."""
    with Recording(path, sample_rate, block) as recording:
        yield from recording


def read(path: Path | str, sample_rate: int = SAMPLE_RATE) -> Samples:
    """The whole sound of a short file, mono, shape (n,). Raises MediaError."""
    return np.concatenate(list(decode(path, sample_rate)))


def sound_hash(path: Path) -> str:
    """SHA-256 of a sound file, hexadecimal: it tells the same recording under every name. Raises MediaError."""
    with _open(path) as file:
        try:
            return hashlib.file_digest(file, "sha256").hexdigest()
        except OSError as error:
            raise MediaError(f"{shown(path)}: cannot be read: {_reason(error)}") from error


async def packets(recording: Recording) -> AsyncGenerator[Audio, None]:
    """The recording as a graph takes it, decoded on a thread. Raises MediaError."""
    loop, blocks, start = asyncio.get_running_loop(), iter(recording), 0.0
    while True:
        step = loop.run_in_executor(None, next, blocks, None)
        try:
            samples = await asyncio.shield(step)
        except asyncio.CancelledError:
            await _ended(step)  # a file must not be closed while a thread reads it
            raise
        if samples is None:
            return
        yield Audio(samples, recording.sample_rate, start)
        start = recording.duration


async def _ended(step: asyncio.Future[Any]) -> None:
    """Wait until `step` has ended or failed, however often this task is cancelled meanwhile."""
    while not step.done():
        with contextlib.suppress(asyncio.CancelledError):
            await asyncio.wait([step])
    step.exception()


class _Bytes:
    """A file without its name, so that FFmpeg looks at what it holds and not at what it is called."""

    def __init__(self, file: BinaryIO) -> None:
        self.read, self.seek, self.tell = file.read, file.seek, file.tell


def _open(path: Path) -> BufferedReader:
    """Open a regular file, without waiting for the other end of a pipe. Raises MediaError."""
    flags = os.O_RDONLY | getattr(os, "O_NONBLOCK", 0) | getattr(os, "O_BINARY", 0)
    try:
        if path.is_dir():  # Windows cannot open one, and says that it may not
            raise IsADirectoryError
        file = os.fdopen(os.open(path, flags), "rb")
    except IsADirectoryError:
        raise MediaError(f"{shown(path)}: is a folder in which no sound file was found") from None
    except (OSError, ValueError) as error:
        raise MediaError(f"{shown(path)}: cannot be read: {_reason(error)}") from error
    about = os.fstat(file.fileno())
    if stat.S_ISREG(about.st_mode) and about.st_size:
        return file
    file.close()
    what = "is empty (0 bytes)" if stat.S_ISREG(about.st_mode) else "is a pipe or a device, not a file"
    raise MediaError(f"{shown(path)}: {what}")


def _mono(sound: NDArray[Any], channels: int) -> NDArray[np.float64]:
    """The mean of the channels, shape (n,), full scale -1 to 1.

    `sound` has the shape (channels, n), or (1, n * channels) with the channels in turns."""
    sides = sound if sound.shape[0] == channels else sound.reshape(-1, channels).T
    with np.errstate(invalid="ignore", over="ignore"):  # infinities of opposite sign
        mean: NDArray[np.float64] = sides.mean(axis=0, dtype=np.float64)
    if sound.dtype.kind == "f":
        return mean
    scale = 2.0 ** (8 * sound.dtype.itemsize - 1)
    return mean / scale if sound.dtype.kind == "i" else mean / scale - 1.0


def _joined(frames: list[AudioFrame]) -> Samples:
    return np.concatenate([np.zeros(0, np.float32), *(frame.to_ndarray()[0] for frame in frames)])


def _reason(error: Exception) -> str:
    return getattr(error, "strerror", None) or str(error)
