"""Plays the spoken answer to a loudspeaker, or to anything else that pulls sound at its own pace."""

from __future__ import annotations

import asyncio
import math
from collections.abc import AsyncIterator
from threading import Lock
from typing import Any

import numpy as np

from models.protocols import Samples
from pipeline.devices.playback import AUDIBLE, Playback
from pipeline.devices.resample import VoiceResampler
from pipeline.packets import Speech

FADE = 0.008
"""Seconds in which a sound that is cut fades out, and one that goes on fades in: too short to hear, too long to
click."""
AHEAD = 10.0
"""Seconds of sound that may wait to be heard; beyond it no packet is read, so the stages before wait as well."""


class Player:
    """A sink that plays one answer after another to whatever calls `pull`: a sound card or a test.

    `pull` may run on any thread; all else belongs to the event loop that runs `play`."""

    def __init__(self, sample_rate: int) -> None:
        """`sample_rate`, in Hz, is that of `pull`; speech at another rate is resampled."""
        self.sample_rate = sample_rate
        self.latency = 0.0
        """Seconds from `pull` until its first sample is heard; set by the device."""
        self._lock, self._one = Lock(), asyncio.Lock()
        self._ramp = np.linspace(0.0, 1.0, round(FADE * sample_rate), dtype=np.float32)
        self._answer = Playback(sample_rate)
        self._loop: asyncio.AbstractEventLoop | None = None  # None while no answer plays
        self._edge = np.zeros(0, np.float32)  # faded sound, pulled before anything else
        self._paused = self._hushed = False
        self._sounded: float | None = None
        self._resumed = -math.inf  # where in the answer it went on after a pause, in seconds
        self._done = 0.0  # when the latest pulled sample is heard
        self._wake: tuple[int, asyncio.Event] | None = None  # how much may be left when `play` wants to go on

    async def play(self, packets: AsyncIterator[Any]) -> None:
        """Play the `Speech` among `packets` after the answer that still plays; returns when the last sound was
        heard."""
        async with self._one:
            with self._lock:
                self._answer, self._loop = Playback(self.sample_rate), asyncio.get_running_loop()
                self._paused, self._hushed, self._sounded, self._resumed = False, False, None, -math.inf
            try:
                await self._play(packets)
            except BaseException:
                self.hush()
                raise
            finally:
                with self._lock:
                    self._loop = self._wake = None

    async def _play(self, packets: AsyncIterator[Any]) -> None:
        resampler = VoiceResampler(self.sample_rate)
        async for packet in packets:
            if not isinstance(packet, Speech):
                continue
            self._append(resampler.feed(packet.voiced.samples, packet.voiced.sample_rate), packet)
            await self._only(round(AHEAD * self.sample_rate))
        self._append(resampler.flush())
        await self._only(0)
        if not self._hushed:
            await asyncio.sleep(max(0.0, self._done - asyncio.get_running_loop().time()))

    def _append(self, samples: Samples, speech: Speech | None = None) -> None:
        with self._lock:
            if self._hushed:
                return
            if speech:
                self._answer.words.add(speech.text, speech.voiced)
            self._answer.append(samples)

    async def _only(self, count: int) -> None:
        """Wait until at most `count` samples are left to be pulled."""
        event = asyncio.Event()
        with self._lock:
            if self._left() <= count:
                return
            self._wake = count, event
        await event.wait()

    def _left(self) -> int:
        answer = self._answer
        return self._edge.size + answer.end - (answer.whole() if self._paused else answer.position)

    def pull(self, frames: int) -> Samples:
        """Return the next samples to be heard, shape (frames,): silence where there is no speech. Any thread may call
        it."""
        block = np.zeros(frames, np.float32)
        with self._lock:
            faded = min(frames, self._edge.size)
            block[:faded], self._edge = self._edge[:faded], self._edge[faded:]
            count = faded if self._paused else faded + self._answer.read(block[faded:])
            if count and self._loop:
                now = self._loop.time() + self.latency
                self._done = now + count / self.sample_rate
                if self._sounded is None:
                    loud = np.abs(block[faded:]) > AUDIBLE  # the faded sound may belong to the answer before
                    if loud.any():
                        self._sounded = now + (faded + int(loud.argmax())) / self.sample_rate
                self._look()
        return block

    def _look(self) -> None:
        """Wake `play` if little enough sound is left."""
        if self._loop and self._wake and self._left() <= self._wake[0]:
            self._loop.call_soon_threadsafe(self._wake[1].set)
            self._wake = None

    def pause(self) -> None:
        """Fall silent, and keep what is left."""
        with self._lock:
            if self._loop and not self._paused and not self._hushed:
                self._fade(self._ramp[::-1])
                self._paused = True

    def resume(self) -> None:
        """Go on at the beginning of the word that the pause cut."""
        with self._lock:
            if self._paused:
                self._paused = False
                self._answer.position = self._answer.whole()
                self._resumed = self._answer.position / self.sample_rate
                self._fade(self._ramp)

    def hush(self) -> None:
        """Fall silent, and forget what is left."""
        with self._lock:
            if self._loop and not self._hushed:
                if not self._paused:
                    self._fade(self._ramp[::-1])
                self._paused, self._hushed = False, True
                self._answer.forget()
                self._look()

    def _fade(self, ramp: Samples) -> None:
        """Move the sound under `ramp` to the edge."""
        part = np.zeros(ramp.size, np.float32)
        count = self._answer.read(part)
        self._edge = np.concatenate([self._edge, (part * ramp)[:count]])

    def heard(self) -> str:
        """The words of the latest answer that were heard, up to the one that sounded when it was cut."""
        with self._lock:
            return self._answer.heard()

    def position(self) -> float | None:
        """The position in the latest answer that is heard now, in seconds from its first sample.

        It is below 0 while the first sample is on its way through the device. It stands still in a pause, and while the
        voice is late. It is None before an answer is pulled, and after the last of it was heard."""
        now = asyncio.get_running_loop().time()
        with self._lock:
            coming = self._edge.size / self.sample_rate + max(0.0, self._done - now)
            ended = self._hushed or self._loop is None
            if not self._answer.position or (ended and not coming):
                return None
            return max(self._answer.position / self.sample_rate - coming, self._resumed)

    def sounded(self) -> float | None:
        """When the first audible sample of the latest answer was heard, in the event loop's time; None before it."""
        return self._sounded
