"""Caption files, read by FFmpeg."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import av
from av.subtitles.subtitle import AssSubtitle


def read_captions(path: Path) -> Iterator[tuple[float, float, str]]:
    """Start and end in seconds, and text, of each cue."""
    with av.open(str(path)) as file:
        for packet in file.demux(file.streams.subtitles[0]):
            for subtitle in packet.decode():
                assert isinstance(subtitle, AssSubtitle)
                assert packet.pts is not None
                assert packet.duration is not None
                end = (packet.pts + packet.duration) / 1000
                yield packet.pts / 1000, end, subtitle.dialogue.decode().replace("\\N", "\n")
