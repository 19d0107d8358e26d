from __future__ import annotations

import pytest

from pipeline.devices.files.sound_header import looks_like


@pytest.mark.parametrize(
    ("head", "said"),
    [
        (b"\x89PNG\r\n\x1a\n", "a PNG picture; expected wav"),
        (b"PK\x03\x04...", "a ZIP archive"),
        (b"RIFF\0\0", "a wav file that is cut off"),
        (b"\0\0\0\x1cftypM4A ", "without its index"),
        (b"Dear Sir or Madam,\r\n\tthe sound", "like text"),
        ("Übung macht den Meister".encode(), "like text"),
        (bytes(100), "nothing but zeros"),
        (b"\x01\x02\x03\x04", "no known format"),
    ],
)
def test_names_what_a_file_seems_to_be(head: bytes, said: str) -> None:
    assert said in looks_like(head)
