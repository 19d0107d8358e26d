"""What the first bytes of a sound file say about it."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from av.container import InputContainer

KNOWN = "wav, flac, mp3, ogg, opus, m4a or webm"

_MAGIC = {
    b"\x89PNG": "a PNG picture",
    b"\xff\xd8\xff": "a JPEG picture",
    b"GIF8": "a GIF picture",
    b"%PDF": "a PDF document",
    b"PK\x03\x04": "a ZIP archive or an office document",
    b"\x1f\x8b": "a gzip archive",
    b"MThd": "a MIDI score",
    b"\x7fELF": "a program",
}

_CUT = {
    b"RIFF": "a wav file that is cut off or has a broken header",
    b"fLaC": "a flac file that is cut off or has a broken header",
    b"OggS": "an ogg file that is cut off or has a broken header",
    b"\x1aE\xdf\xa3": "a webm file that is cut off or has a broken header",
}

_ENDLESS = 0x7FFF_F000
"""Programs that write a WAV file to a pipe cannot know its size and claim this much or more."""


def looks_like(head: bytes) -> str:
    """What a file that begins with `head` seems to be, and what was expected instead."""
    for magic, name in (_MAGIC | _CUT).items():
        if head.startswith(magic):
            return f"it begins like {name}; expected {KNOWN}"
    if head[4:8] == b"ftyp":
        return "it begins like an m4a file without its index, which stands at the end: was a recording or copy cut off?"
    if not head.strip(b"\0"):
        return f"it begins with nothing but zeros; expected {KNOWN}"
    if not any(byte < 9 or 13 < byte < 32 for byte in head[:512]):
        return f"it begins like text; expected {KNOWN}"
    return f"its beginning is that of no known format; expected {KNOWN}"


def promised(container: InputContainer, head: bytes, size: int) -> float | None:
    """The seconds of sound that the header of a container of `size` bytes promises; None where FFmpeg only guesses."""
    formats = set(container.format.name.split(","))
    if container.duration is None or formats & {"aac", "amr"}:
        return None
    if "mp3" in formats and not any(tag in head for tag in (b"Xing", b"Info", b"VBRI")):
        return None
    seconds = container.duration / 1e6
    if head[:4] == b"RIFF":
        # FFmpeg tells how long the sound can be in a file of this size; the header tells how large the file should be.
        claim = int.from_bytes(head[4:8], "little") + 8
        if size < claim < _ENDLESS:
            seconds *= claim / size
    return seconds
