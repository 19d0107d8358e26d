"""A FLAC file that grows while it is written, and of which every whole block can be read (RFC 9639).

FFmpeg's encoder gives each block as a frame of its own, which is appended as it is. The length in the header stays
"unknown" until the file is closed, which players take as it is.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any, BinaryIO

import numpy as np

from models.protocols import Samples
from pipeline.errors import JournalError
from pipeline.runtime.journal.files import Growing

if TYPE_CHECKING:
    from av import AudioStream, Packet
    from av.audio.codeccontext import AudioCodecContext

BITS = 24
FULL = 1 << (BITS - 1)
"""The sample value of full scale."""
STREAMINFO = 34
"""Bytes in the block that begins the file, after ``fLaC`` and four bytes of its own header (section 8.2)."""
HEAD = b"fLaC" + bytes([0x80, *STREAMINFO.to_bytes(3, "big")])
_LENGTH_AT = len(HEAD) + 10
"""The place of 64 bits that hold rate, channels, bits per sample and, in the last 36 bits, the number of samples."""


class FlacWriter:
    """Appends mono sound to a new file. Its methods raise OSError."""

    def __init__(self, path: Path, sample_rate: int) -> None:
        import av

        encoder: AudioCodecContext = av.CodecContext.create("flac", "w")
        encoder.sample_rate, encoder.layout, encoder.format = sample_rate, "mono", "s32"
        encoder.options = {"bits_per_raw_sample": str(BITS)}
        encoder.open()
        self.sample_rate, self.length = sample_rate, 0
        """Samples appended so far."""
        self._encoder, self._block = encoder, encoder.frame_size
        self._rest = np.zeros(0, np.int32)
        self._settled = 0
        self._file = Growing(path)
        self._head = HEAD + bytes(encoder.extradata or b"")
        self._file.add(self._head)

    def append(self, samples: Samples) -> int:
        """Append sound, shape (n,), and return the offset in samples at which it begins."""
        offset = self.length
        self.length += samples.size
        sound = np.nan_to_num(samples.astype(np.float64), posinf=1.0, neginf=-1.0)
        scaled = np.rint(sound * FULL).clip(-FULL, FULL - 1)
        self._rest = np.concatenate([self._rest, scaled.astype(np.int32)])
        while self._rest.size >= self._block:
            self._encode(self._rest[: self._block])
            self._rest = self._rest[self._block :]
        return offset

    def settle(self) -> None:
        """Fill the last block with silence if nothing came since the previous call, so that it can be written."""
        if self._rest.size and self._settled == self.length:
            self.append(np.zeros(self._block - self._rest.size, np.float32))
        self._settled = self.length

    def flush(self) -> None:
        """Hand whole blocks to the operating system."""
        self._file.flush()

    def finish(self) -> None:
        """Write what is left, and write the length into the header."""
        if self._rest.size:
            self._encode(self._rest)
        self._add(self._encoder.encode(None))
        self._file.flush()
        begin = int.from_bytes(self._head[_LENGTH_AT : _LENGTH_AT + 8], "big")
        self._file.amend(_LENGTH_AT, (begin | self.length).to_bytes(8, "big"))

    def close(self) -> None:
        """Close the file; what was not flushed is dropped."""
        self._file.close()

    def _encode(self, block: Any) -> None:
        import av

        frame = av.AudioFrame.from_ndarray(block[np.newaxis] << (32 - BITS), format="s32", layout="mono")
        frame.sample_rate = self.sample_rate
        self._add(self._encoder.encode(frame))

    def _add(self, packets: list[Packet[AudioStream]]) -> None:
        for packet in packets:
            self._file.add(bytes(packet))


class FlacReader:
    """Reads any part of a file that `FlacWriter` wrote, to the last whole block if it was cut off."""

    def __init__(self, path: Path) -> None:
        """Open the file. Raises JournalError where it is no such file, and OSError where it cannot be read."""
        self.path = path
        with path.open("rb") as file:
            head = file.read(len(HEAD) + STREAMINFO)
            if not head.startswith(HEAD) or len(head) < len(HEAD) + STREAMINFO:
                raise self._damaged("its header is not that of a journal's FLAC file")
            self._info = head[len(HEAD) :]
            self._block = int.from_bytes(self._info[:2], "big")
            self.sample_rate = int.from_bytes(self._info[10:13], "big") >> 4
            if not (self._block and self.sample_rate):
                raise self._damaged("its header is damaged")
            file.seek(0)
            self._packets = list(self._frames(file))
        self._decoder = self._open()
        self._decoded: tuple[int, Samples] | None = None
        last = self._last()
        self.length = (len(self._packets) - 1) * self._block + last if self._packets else 0
        """The number of samples in the file."""

    def read(self, offset: int, count: int) -> Samples:
        """Return `count` samples from `offset` on, full scale -1 to 1. Raises JournalError where some of them are
        missing."""
        if not 0 <= offset <= offset + count <= self.length:
            raise self._damaged(f"holds {self.length} samples, and not those from {offset} to {offset + count}")
        first, last = offset // self._block, -(-(offset + count) // self._block)
        blocks = [np.zeros(0, np.float32), *(self._decode(index) for index in range(first, last))]
        start = offset - first * self._block
        return np.concatenate(blocks)[start : start + count].copy()  # a view would keep whole blocks in memory

    def _frames(self, file: BinaryIO) -> Iterator[bytes]:
        import av

        try:
            with av.open(file, "r", format="flac") as container:
                for index, packet in enumerate(container.demux(audio=0)):
                    if not packet.size or packet.pts != index * self._block:
                        return  # the end, or damage that removed blocks, after which the place of samples is unknown
                    yield bytes(packet)
        except (av.FFmpegError, EOFError, ValueError, IndexError):
            return  # the file was cut off inside the last write

    def _open(self) -> AudioCodecContext:
        import av

        decoder: AudioCodecContext = av.CodecContext.create("flac", "r")
        decoder.extradata = self._info
        # Damaged sound must raise an error, and each packet must give its frame at once.
        decoder.options = {"err_detect": "crccheck+explode"}
        decoder.thread_count = 1
        return decoder

    def _last(self) -> int:
        """Return the number of samples in the last block. Blocks at the end that cannot be decoded are removed."""
        while self._packets:
            try:
                return self._decode(len(self._packets) - 1).size
            except JournalError:
                self._packets.pop()
                self._decoder = self._open()
        return 0

    def _decode(self, index: int) -> Samples:
        if self._decoded is not None and self._decoded[0] == index:
            return self._decoded[1]
        import av

        try:
            frames = self._decoder.decode(av.Packet(self._packets[index]))
        except av.FFmpegError as error:
            raise self._damaged(f"block {index} is damaged") from error
        sound = np.concatenate([np.zeros(0, np.int32), *(frame.to_ndarray()[0] for frame in frames)])
        whole = index < len(self._packets) - 1
        if not 0 < sound.size <= self._block or (whole and sound.size != self._block):
            raise self._damaged(f"block {index} has {sound.size} samples, expected {self._block}")
        samples = (sound.astype(np.float64) / (1 << 31)).astype(np.float32)
        self._decoded = index, samples
        return samples

    def _damaged(self, what: str) -> JournalError:
        return JournalError(f"{self.path.name}: {what}; the file was changed or damaged since it was recorded")
