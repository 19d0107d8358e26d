"""The sink for a client that plays the answer itself, and reports how far it is only when it stops."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import suppress
from typing import Any

import numpy as np

from models.protocols import Samples
from pipeline.devices.playback import AUDIBLE, Playback
from pipeline.devices.resample import VoiceResampler
from pipeline.packets import Speech
from pipeline.runners.serve.realtime.event_error import EventError
from pipeline.runners.serve.realtime.items import Item, Response
from pipeline.runtime.sink import Sink

AHEAD = 30.0
"""Seconds of sound that may wait to be heard. Beyond it the sink reads no packets, so that earlier stages wait too."""
PIECE = 0.2
"""Seconds of sound in an event."""


class AnswerSink(Sink):
    """Sends an answer as fast as it is made, and assumes that the client plays it in real time.

    An answer that was cut for a sound that meant nothing goes on as another response."""

    def __init__(self, take: Callable[[], Response], cut: Callable[[], str]) -> None:
        """`take` returns the response to fill. `cut` is called when the avatar has to stop: it tells the client, and
        returns the reason, which is empty where the client plays on what it has."""
        self._take, self._cut = take, cut
        self._answer, self._rate = Playback(1), 1
        self.whole = False
        """Whether the latest answer ended for the session before it ended for the client, who plays on."""
        self._response: Response | None = None
        self._written: str | None = None  # the words of an answer that is not spoken
        self._active = self._complete = False
        self._since = 0, 0.0  # a sample, and the time at which it is heard
        self._stopped: int | None = None  # the sample at which the client fell silent, until it goes on
        self._free = 0.0  # the time at which the client has played all earlier answers
        self._sounded: float | None = None
        self._change = asyncio.Event()

    # --- what a sink does --------------------------------------------------------------------------------------------

    async def play(self, packets: AsyncIterator[Any]) -> None:
        """Send the `Speech` among `packets`; return when the last of it must have been heard."""
        self._response, self._active, self._complete = self._take(), True, False
        self._written = "" if self._response.text else None
        self._rate = self._response.form.rate
        self._answer, self.whole = Playback(self._rate), False
        self._since, self._stopped, self._sounded = (0, max(self._now(), self._free)), None, None
        try:
            await self._play(packets)
        except BaseException:
            self.hush()
            raise
        finally:
            self._active = False
            self._answer.forget()  # the words are still needed, the sound is not

    async def _play(self, packets: AsyncIterator[Any]) -> None:
        resampler = VoiceResampler(self._rate)
        async for packet in packets:
            if not isinstance(packet, Speech):
                continue
            if self._written is not None:
                self._write(packet.text)
                continue
            self._append(resampler.feed(packet.voiced.samples, packet.voiced.sample_rate), packet)
            await self._only(AHEAD)
        self._append(resampler.flush())
        self._complete = True
        self._end()
        await self._only(0.0)

    def pause(self) -> None:
        """Fall silent, and keep the rest."""
        if self._active and self._stopped is None and self._written is None:
            self._silence()

    def resume(self) -> None:
        """Go on at the beginning of the word that the pause cut, in another response."""
        if not self._active or self._stopped is None:
            return
        start = self._answer.whole(self._stopped)
        self._answer.position = start
        self._since, self._stopped = (start, self._now()), None
        self._response = self._take()
        if start < self._answer.end:
            self._response.begin(self._answer, start)
            rest = (word.text for word in self._answer.words.timed() if word.start * self._rate > start - 1)
            self._response.words("".join(rest).lstrip())
            self._send()
        self._end()

    def hush(self) -> None:
        """Fall silent, and drop the rest."""
        if not self._active:
            return
        if self._stopped is None:
            self._silence()
        elif self._response:  # the client told where it stopped
            self._response.end("cancelled", {"reason": "client_cancelled"})
        self._answer.position = self._position()
        self._answer.forget()
        self._complete = True
        self._change.set()

    def heard(self) -> str:
        """Return the words of the latest answer that were heard, including the word that was cut."""
        return self._answer.heard(self._position()) if self._written is None else self._written.strip()

    def sounded(self) -> float | None:
        """Return the event loop's time at which the first audible sample of the latest answer was heard; None
        before."""
        return self._sounded

    # --- what the client does ----------------------------------------------------------------------------------------

    def stop(self, item: Item, seconds: float) -> tuple[str, str]:
        """Note that the client fell silent `seconds` after the beginning of `item`. Return the words that were heard of
        the whole answer and of the item. Raises EventError where the avatar did not speak the item."""
        if item.answer is None:
            raise EventError(f"item {item.id!r} was not spoken by the avatar", param="item_id")
        position = item.start + round(seconds * item.rate)
        if item is self.item and self._active:
            self._stopped = min(position, self._answer.position)
            self._change.set()
        heard = item.answer.heard(position)
        return heard, heard.removeprefix(item.answer.heard(item.start)).strip()

    def plays(self, item: Item) -> bool:
        """Whether that item is being played and not paused."""
        return self._active and self._stopped is None and item is self.item

    @property
    def item(self) -> Item | None:
        """The item that is or was played last: an answer or the rest of one."""
        return self._response.item if self._response else None

    # --- inside ------------------------------------------------------------------------------------------------------

    def _write(self, text: str) -> None:
        """Send the next words of an answer that is not spoken."""
        if self._response and not self._response.over and self._written is not None:
            if self._response.item is None:
                self._response.begin()
            self._written += text
            self._response.words(text)

    def _append(self, samples: Samples, speech: Speech | None = None) -> None:
        if self._complete:
            return
        self._answer.append(samples)
        if speech:
            self._answer.words.add(speech.text, speech.voiced)
        if self._stopped is None and self._response:
            if speech and self._response.item is None:
                self._response.begin(self._answer, self._answer.position)
            if speech:
                self._response.words(speech.text)
            self._send()

    def _send(self) -> None:
        """Send all sound that is there."""
        assert self._response  # noqa: S101  told to mypy
        answer, now = self._answer, self._now()
        place, at = self._since
        if at + (answer.position - place) / self._rate < now:  # the client's buffer is empty
            self._since = answer.position, now
        while left := answer.end - answer.position:
            piece, first = np.zeros(min(left, round(PIECE * self._rate)), np.float32), answer.position
            answer.read(piece, 0)  # all of it is kept, because a client may report late where it fell silent
            if self._sounded is None and (loud := np.abs(piece) > AUDIBLE).any():
                self._sounded = self._time(first + int(loud.argmax()))
            self._response.sound(self._response.form.encode(piece))

    def _end(self) -> None:
        """End the response where all sound is sent and the avatar was not stopped."""
        if self._complete and self._stopped is None and self._response:
            self._response.end()

    def _silence(self) -> None:
        """Fall silent because the user or the client stopped the avatar."""
        played, reason = self._position(), self._cut()
        self.whole = not reason
        if reason:
            self._stopped, self._free = played, 0.0
        else:
            self._stopped, self._free = self._answer.position, self._time(self._answer.position)
        if self._response:
            self._response.end("cancelled", {"reason": reason})

    def _time(self, position: int) -> float:
        """Return the event loop's time at which a sample is heard."""
        place, at = self._since
        return at + (position - place) / self._rate

    def _position(self) -> int:
        """Return the sample that is heard now."""
        if self._stopped is not None:
            return self._stopped
        place, at = self._since
        return min(self._answer.position, place + max(0, round((self._now() - at) * self._rate)))

    async def _only(self, seconds: float) -> None:
        """Wait until at most `seconds` of sound are left to be heard."""
        while (left := (self._answer.end - self._position()) / self._rate - seconds) > 0:
            self._change.clear()
            with suppress(TimeoutError):
                async with asyncio.timeout(None if self._stopped is not None else left):
                    await self._change.wait()

    @staticmethod
    def _now() -> float:
        return asyncio.get_running_loop().time()
