"""What terminals send, and the keys that are read from it."""

from __future__ import annotations

import pytest
from textual.events import Key

from pipeline.cli.terminal.driver import KeyParser


def keys(sent: str) -> list[str]:
    return [event.key for event in KeyParser().feed(sent) if isinstance(event, Key)]


@pytest.mark.parametrize(
    ("sent", "read"),
    [
        ("\x1b[32;1:1;32u", ["space"]),
        ("\x1b[32;1:2;32u", ["space"]),
        ("\x1b[32;1:3u", ["release_space"]),
        ("\x1b[32;;32u", ["space"]),
        (" ", ["space"]),
        ("\x1b[97;1:1;97u\x1b[97;1:3u", ["a", "release_a"]),
        ("\x1b[1;1:1A\x1b[1;1:3A", ["up", "release_up"]),
        ("\x1b[3;1:3~", ["release_delete"]),
        ("\x1b[113;5:1u", ["ctrl+q"]),
    ],
)
def test_presses_repetitions_and_releases(sent: str, read: list[str]) -> None:
    assert keys(sent) == read


def test_a_repeated_letter_is_typed_again_and_a_release_types_nothing() -> None:
    events = [e for e in KeyParser().feed("\x1b[97;1:2;97u\x1b[97;1:3u") if isinstance(e, Key)]
    assert [event.character for event in events] == ["a", None]
