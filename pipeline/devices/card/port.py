"""One direction of a sound card that may be unplugged and plugged in again."""

from __future__ import annotations

import asyncio
import contextlib
import logging
from abc import ABC, abstractmethod
from collections.abc import Callable
from types import TracebackType
from typing import Any, ClassVar, Self

from pipeline.devices.card import portaudio
from pipeline.devices.card.portaudio import NAMES, Device, Direction
from pipeline.errors import MediaError

CHECK = 0.25
"""Seconds between two looks at a device."""
SILENT = 1.0
"""Seconds without a block after which a device counts as unplugged."""
AGAIN = 1.0
"""Seconds between two tries to find it again."""

log = logging.getLogger(__name__)

Trouble = Callable[[str | None], None]
"""Called in the event loop's thread with the reason why a device is awaited, and with None when it has returned."""


def ignored(*_: object) -> None:
    """Accept a report and do nothing with it."""


class Port(ABC):
    """A context manager that keeps a device's stream open, and opens it again when the device returns."""

    direction: ClassVar[Direction]
    _opened: ClassVar[set[Port]] = set()  # used on PortAudio's thread only

    def __init__(self, device: str | int | None, sample_rate: int, trouble: Trouble) -> None:
        self.sample_rate = sample_rate
        self.name = ""
        """The name of the device, once it is open."""
        self.glitches = 0
        """How often the device lost sound because this process was late."""
        self._wanted, self._trouble = device, trouble
        self._stream: Any = None
        self._called = 0.0  # when the device last gave or took a block

    async def __aenter__(self) -> Self:
        """Open the device. Raises MediaError."""
        self._loop = asyncio.get_running_loop()
        try:
            await portaudio.on_its_thread(self._start)
        except BaseException:
            await portaudio.on_its_thread(self._stop)
            raise
        self._watch = asyncio.create_task(self._watching())
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None
    ) -> None:
        self._watch.cancel()
        try:
            await asyncio.wait([self._watch])
        finally:
            await portaudio.on_its_thread(self._stop)
        if not self._watch.cancelled():
            self._watch.result()

    async def _watching(self) -> None:
        """Wait for the device to return, each time that it is unplugged."""
        while True:
            await asyncio.sleep(CHECK)
            if self._alive(SILENT):
                continue
            log.warning("device lost", extra={"direction": self.direction})
            self._trouble(f"the {NAMES[self.direction]} ({self.name}) gives no sign of life; plug it in again")
            await self._returned()
            log.info("device returned", extra={"direction": self.direction})
            self._trouble(None)

    def _alive(self, silent: float) -> bool:
        """Whether the device gave a sign of life within the last `silent` seconds."""
        stream = self._stream  # for a moment None while PortAudio restarts for the other direction
        return (stream is None or stream.active) and self._loop.time() - self._called < silent

    async def _returned(self) -> None:
        """Open the device again, as often as needed until it gives or takes blocks."""
        while True:
            await portaudio.on_its_thread(self._stop)
            for attempt in (self._start, self._start_anew):
                with contextlib.suppress(MediaError):
                    await portaudio.on_its_thread(attempt)
                    break
            await asyncio.sleep(AGAIN)
            if self._alive(CHECK):
                return

    # The rest runs on PortAudio's thread.

    def _start(self) -> None:
        """Open the stream. Raises MediaError."""
        sounddevice = portaudio.library()
        device = portaudio.find(self._wanted, self.direction)
        if self._wanted is not None and str(self._wanted).isdecimal():
            self._wanted = device.name  # an index changes when a device comes or goes
        self.name = device.name
        reasons = []
        for channels, rate in self._forms(device):
            try:
                self._stream = self._open(sounddevice, device.index, channels, rate)
                self._called = self._loop.time()
                self._stream.start()
                self._opened.add(self)
                return
            except sounddevice.PortAudioError as error:
                self._stop()
                reasons.append(str(error))
        raise MediaError(
            f"{NAMES[self.direction]} {device.name!r} cannot be opened: {reasons[0]}; "
            "see whether another program holds it, or choose another device"
        )

    def _forms(self, device: Device) -> list[tuple[int, int]]:
        """Numbers of channels and sample rates to try, the best first."""
        most = min(device.channels(self.direction), 2)
        rates = dict.fromkeys((self.sample_rate, round(device.sample_rate)))
        return [(channels, rate) for rate in rates for channels in dict.fromkeys((1, most))]

    @abstractmethod
    def _open(self, sounddevice: Any, device: int, channels: int, rate: int) -> Any:
        """Open a stream with these channels and rate without starting it. Raises PortAudioError."""

    def _start_anew(self) -> None:
        """Open the stream after a restart of PortAudio, which sees new devices only then. Raises MediaError."""
        others = [port for port in self._opened if port is not self]
        if not all(port._idle() for port in others):
            raise MediaError("the other device is busy")
        for port in others:
            port._stop()
        try:
            portaudio.restart()
        finally:
            for port in others:
                with contextlib.suppress(MediaError):  # its own task finds it missing
                    port._start()
        self._start()

    def _idle(self) -> bool:
        """Whether the stream may be interrupted for a moment."""
        return True

    def _stop(self) -> None:
        """Close the stream, if it is open."""
        stream, self._stream = self._stream, None
        self._opened.discard(self)
        if stream is not None:
            stream.abort(ignore_errors=True)
            stream.close(ignore_errors=True)
