"""Sends the spoken answer to a client on another machine, which plays it."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from typing import Any, Protocol

import numpy as np

from models.protocols import Samples
from pipeline.devices.playback import AUDIBLE, Playback
from pipeline.devices.resample import VoiceResampler
from pipeline.packets import Speech
from pipeline.wire.frames import WRAP

FRAME = 0.02
"""Seconds of sound in a frame."""
LEAD = 2.0
"""The most seconds by which sound is sent ahead of its time, so that a bad moment of the network is not noticed."""
FIRST_LEAD, GROWTH = 0.2, 4.0
"""Seconds of sound that are sent at once, and by how many the lead grows in a second. Sound that is sent all at once
would delay the mouth shapes and the flush that follow it on a slow connection."""
STEP = 0.04
"""Seconds between two checks of how much more may be sent."""
KEPT = 10.0
"""Seconds of sound that may wait to be heard; beyond it no packet is read, so the stages before wait as well."""
PATIENCE, OVERDUE = 3.0, 1.0
"""Seconds in which a client must report that it plays; after them, sound counts as heard in its own time. And seconds
after a report for which sound counts as heard: without further reports, the connection is cut or stalls."""


class Downlink(Protocol):
    """The direction of a connection that leads to the client. No method waits."""

    def sound(self, timestamp: int, samples: Samples) -> None:
        """Send a frame of `samples`, shape (n,); `timestamp` is the number of samples before it, modulo 2**32."""
        ...

    def sync(self, timestamp: int, position: float) -> None:
        """Tell the client that the sample at `timestamp` lies `position` seconds into the answer."""
        ...

    def flush(self) -> None:
        """Make the client silent at once. It drops the sound that it has, and frames that still wait here are dropped
        too."""
        ...

    def show(self, packet: Any) -> None:
        """Send mouth shapes, captions or actions; their times count from the beginning of the answer."""
        ...


class Sender:
    """A sink that sends one answer after another to a client, which reports how far it has played.

    Sound is sent ahead of its time. What the client drops because the user speaks is sent again, from the beginning of
    the word that was cut. Without a connection, the sender waits for one."""

    def __init__(self, sample_rate: int, *, reports: bool = True) -> None:
        """`sample_rate`, in Hz, is the client's; `reports` is true where the client reports how far it has played."""
        self.sample_rate = sample_rate
        self.sent = 0
        """Frames that were sent so far."""
        self._reports = reports
        self._downlink: Downlink | None = None
        self._one = asyncio.Lock()
        self._answer = Playback(sample_rate)
        self._frame = round(FRAME * sample_rate)
        self._active = self._complete = self._paused = False
        self._end = 0  # samples of the stream so far
        self._base = 0, 0  # where in the stream the latest sync is, and in the answer
        self._began = 0.0  # when the first frame after it was sent
        self._report = 0, 0.0, False  # where in the stream the client was, when, and whether it plays
        self._told = False  # the client reported, so it will again
        self._silent_at: int | None = None  # where in the answer the client fell silent, until it goes on
        self._audible: int | None = None  # position of the first audible sample
        self._sounded: float | None = None
        self._timer: asyncio.TimerHandle | None = None
        self._change = asyncio.Event()

    # --- the connection ----------------------------------------------------------------------------------------------

    def attach(self, downlink: Downlink, *, reports: bool = True) -> None:
        """Send over this connection from now on; an answer that was cut goes on at the beginning of its word."""
        self.detach()
        self._downlink, self._reports, self._told, self._end = downlink, reports, False, 0
        self._base = 0, self._position()
        if self._active and not self._paused:
            self._begin()
            self._fill()

    def detach(self, heard: int | None = None) -> None:
        """Note that the connection is lost; `heard` is the timestamp at which the client fell silent, if it reported
        one."""
        self._note_sounded()
        self._silent_at = self._position()
        self._downlink = None
        self._stop_timer()
        if heard is not None:
            self.played(heard, playing=False)

    def played(self, timestamp: int, *, playing: bool) -> None:
        """Take a report of the client: the sample that is heard next, and whether sound goes on."""
        unheard = (self._end - timestamp) % WRAP
        place = max(self._end - unheard, self._base[0]) if unheard < WRAP // 2 else self._end
        if self._silent_at is not None:
            self._silent_at = self._answered(place)
            return
        self._report, self._told = (place, self._now(), playing), True
        self._note_sounded()
        self._fill()

    @property
    def waiting(self) -> float:
        """Seconds of sound that were sent and are not heard yet."""
        return (self._end - self._place()) / self.sample_rate if self._active and self._silent_at is None else 0.0

    # --- what a sink does --------------------------------------------------------------------------------------------

    async def play(self, packets: AsyncIterator[Any]) -> None:
        """Play the `Speech` among `packets` and show all packets; returns when the last sound was heard."""
        async with self._one:
            self._answer = Playback(self.sample_rate)
            self._active, self._complete, self._paused = True, False, False
            self._audible = self._sounded = self._silent_at = None
            self._begin()
            try:
                await self._play(packets)
            except BaseException:
                self.hush()
                raise
            finally:
                self._active = False
                self._stop_timer()

    async def _play(self, packets: AsyncIterator[Any]) -> None:
        resampler = VoiceResampler(self.sample_rate)
        async for packet in packets:
            if self._downlink:
                self._downlink.show(packet)
            if not isinstance(packet, Speech):
                continue
            self._append(resampler.feed(packet.voiced.samples, packet.voiced.sample_rate), packet)
            await self._only(KEPT)
        self._append(resampler.flush())
        self._complete = True
        self._fill()
        await self._only(0.0)

    def pause(self) -> None:
        """Fall silent, and keep what is left."""
        if self._active and not self._paused:
            self._silence()
            self._paused = True

    def resume(self) -> None:
        """Go on at the beginning of the word that the pause cut."""
        if self._active and self._paused:
            self._paused = False
            self._begin()
            self._fill()

    def hush(self) -> None:
        """Fall silent, and forget what is left."""
        if self._active:
            if not self._paused:
                self._silence()
            self._answer.position = self._position()
            self._answer.forget()
            self._active, self._complete = False, True
            self._change.set()

    def heard(self) -> str:
        """The words of the latest answer that were heard, up to the one that sounded when it was cut."""
        return self._answer.heard(self._position())

    def sounded(self) -> float | None:
        """When the first audible sample of the latest answer was heard, in the event loop's time; None before it."""
        return self._sounded

    # --- where the client is -----------------------------------------------------------------------------------------

    @staticmethod
    def _now() -> float:
        return asyncio.get_running_loop().time()

    def _place(self) -> int:
        """The sample of the stream that is heard now."""
        place, at, playing = self._report
        since = self._now() - at
        if not playing:
            since -= PATIENCE
        elif self._told:
            since = min(since, OVERDUE)
        return min(place + max(0, round(since * self.sample_rate)), self._end)

    def _answered(self, place: int) -> int:
        """The sample of the answer that lies at `place` in the stream."""
        stream, answer = self._base
        return min(place - stream + answer, self._answer.end)

    def _position(self) -> int:
        """The sample of the answer that is heard now."""
        return self._answered(self._place()) if self._silent_at is None else min(self._silent_at, self._answer.end)

    def _begin(self) -> None:
        """Tell the client where the answer begins, or goes on."""
        if self._silent_at is not None:
            self._answer.position = self._answer.whole(self._silent_at)
            self._silent_at = None
        self._base = self._end, self._answer.position
        self._report = self._end, self._now(), False
        if self._downlink:
            self._downlink.sync(self._end % WRAP, self._answer.position / self.sample_rate)
        else:
            self._silent_at = self._answer.position

    def _silence(self) -> None:
        """Cut the sound at the client."""
        self._note_sounded()
        self._silent_at = self._position()
        self._stop_timer()
        if self._downlink:
            self._downlink.flush()

    def _note_sounded(self) -> None:
        if self._sounded is None and self._audible is not None and (since := self._position() - self._audible) > 0:
            self._sounded = self._now() - since / self.sample_rate

    # --- sending -----------------------------------------------------------------------------------------------------

    def _append(self, samples: Samples, speech: Speech | None = None) -> None:
        if self._complete:
            return
        if speech:
            self._answer.words.add(speech.text, speech.voiced)
        if self._audible is None and (loud := np.abs(samples) > AUDIBLE).any():
            self._audible = self._answer.end + int(loud.argmax())
        self._answer.append(samples)
        self._fill()

    def _fill(self) -> None:
        """Send as much as may be sent now, and set a timer for the rest."""
        if not self._active:
            return
        self._change.set()
        self._stop_timer()
        if self._downlink is None or self._paused:
            return
        place, heard = self._place(), self._position()
        if self._end == self._base[0]:
            self._began = self._now()
        if self._end == place:  # all was heard, so the client goes on now, at the earliest
            self._report = self._end, self._now(), not self._reports
        lead = min(LEAD, FIRST_LEAD + GROWTH * (self._now() - self._began)) * self.sample_rate
        left = self._answer.end - self._answer.position
        while left >= (1 if self._complete else self._frame) and self._end - place < lead:
            frame = np.zeros(self._frame, np.float32)
            left -= self._answer.read(frame, heard)
            self._downlink.sound(self._end % WRAP, frame)
            self._end += self._frame
            self.sent += 1
        if self._answer.end:
            self._timer = asyncio.get_running_loop().call_later(STEP, self._tick)

    def _tick(self) -> None:
        self._note_sounded()
        self._fill()

    def _stop_timer(self) -> None:
        if self._timer:
            self._timer.cancel()
            self._timer = None

    async def _only(self, seconds: float) -> None:
        """Wait until at most `seconds` of sound are left to be heard."""
        while self._answer.end - self._position() > seconds * self.sample_rate:
            self._change.clear()
            await self._change.wait()
