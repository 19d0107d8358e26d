"""Asks terminals to report when a key is released, if they can.

Textual asks terminals for the kitty keyboard protocol, but not for its event types, and its parser knows none.
Source: https://sw.kovidgoyal.net/kitty/keyboard-protocol/#event-types
"""

from __future__ import annotations

import os
import re
import selectors
from codecs import getincrementaldecoder
from collections.abc import Iterable

from textual._xterm_parser import XTermParser
from textual.drivers.linux_driver import LinuxDriver
from textual.events import Key

RELEASE = "release_"
"""The prefix of the name of a release event, such as ``release_space``."""
REPORT_EVENT_TYPES = "\x1b[=2;2u"
"""CSI = flags ; mode u, where mode 2 adds the flags to those that Textual has set."""
EVENT = re.compile(r"(\x1b\[[\d:]*;\d*):([123])((?:;[\d:]*)?[u~A-S])")
"""CSI code ; modifiers : event ; text u, where the event is 1 for a press, 2 for a repetition, 3 for a release."""
RELEASED = "3"


class KeyParser(XTermParser):
    """A parser that also knows releases; a repetition counts as one more press."""

    def _sequence_to_key_events(self, sequence: str, alt: bool = False) -> Iterable[Key]:
        event = EVENT.fullmatch(sequence)
        if event is None:
            yield from super()._sequence_to_key_events(sequence, alt)
            return
        for key in super()._sequence_to_key_events(event[1] + event[3], alt):
            yield Key(RELEASE + key.key, None) if event[2] == RELEASED else key


class KeyDriver(LinuxDriver):
    """A driver that asks for releases; terminals that do not know them ignore that."""

    def start_application_mode(self) -> None:
        super().start_application_mode()  # type: ignore[no-untyped-call]
        self.write(REPORT_EVENT_TYPES)
        self.flush()

    def run_input_thread(self) -> None:
        parser = KeyParser()
        decode = getincrementaldecoder("utf-8")(errors="replace").decode
        with selectors.DefaultSelector() as selector:
            selector.register(self.fileno, selectors.EVENT_READ)
            while not self.exit_event.is_set():
                if selector.select(0.1):
                    data = os.read(self.fileno, 4096)
                    if not data:  # the terminal is gone
                        return
                    for message in parser.feed(decode(data)):
                        self.process_message(message)
                for message in parser.tick():
                    self.process_message(message)
