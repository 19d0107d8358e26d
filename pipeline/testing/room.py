"""A sound card that exists only in time, and the room around it: somebody speaks, and the loudspeaker is heard.

    async with Room(player) as room:
        conversation = Conversation(session, floor, player)
        talking = asyncio.create_task(conversation.run(room.microphone()))
        end = room.say("what time is it?")
        await room.until(end + 5.0)
        answer = room.played.between(end, end + 5.0)

It keeps to the clock of the running event loop, real or virtual. Microphone and loudspeaker share one time axis:
seconds since the room was entered, at the speaker's mouth and at the listener's ear.
"""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import AsyncGenerator
from dataclasses import dataclass
from itertools import count
from typing import Protocol, Self

import numpy as np

from models.protocols import Samples
from pipeline.devices.resample import Resampler
from pipeline.packets import Audio
from pipeline.testing.tape import Tape
from pipeline.testing.tones import tones

SAMPLE_RATE = 16_000
"""Hz, of the microphone."""
PIECE = 320
"""Samples that the microphone gives at a time: 20 ms."""
PATIENCE = 500
"""Pieces that wait for whoever listens; beyond them the oldest are lost, as with any microphone."""
SOON = 1e-6
"""Seconds: times that are closer than this are the same."""


class Player(Protocol):
    """What a loudspeaker asks for sound, such as `pipeline.devices.card.player.Player`."""

    sample_rate: int
    """Hz."""
    latency: float
    """Seconds from `pull` until its first sample is heard; the room sets it."""

    def pull(self, frames: int) -> Samples:
        """The next samples to be heard, shape (frames,)."""
        ...


class Canceller(Protocol):
    """Takes out of the microphone's sound what the loudspeaker put there."""

    def far(self, samples: Samples, sample_rate: int) -> None:
        """This is what the loudspeaker plays next."""
        ...

    def near(self, samples: Samples) -> Samples:
        """The microphone's sound, cleaned; equally long."""
        ...


@dataclass(frozen=True, slots=True)
class Card:
    """The times of a sound card, in seconds."""

    block: float = 0.01
    """From one pull to the next."""
    output_latency: float = 0.01
    """From a pull until its first sample is heard. A pull that would come later is left out: its block stays silent, as
    when the buffer of a sound card runs empty."""
    input_latency: float = 0.01
    """From the end of a piece of sound until it is handed over."""
    echo_delay: float = 0.04
    """From the listener's ear to the microphone, for what the loudspeaker plays; at least 0.01."""

    def __post_init__(self) -> None:
        if self.block <= 0.0 or min(self.input_latency, self.output_latency) < 0.0 or self.echo_delay < 0.01:
            raise ValueError(f"not the times of a sound card: {self}")


class Room:
    """An asynchronous context manager: while it is entered, time passes in the room."""

    def __init__(
        self,
        player: Player,
        *,
        echo: float = 0.0,
        noise: Samples | None = None,
        canceller: Canceller | None = None,
        card: Card = Card(),
        keep: float | None = None,
    ) -> None:
        """`echo` is the factor of the loudspeaker's sound at the microphone; `noise` is always heard there, repeated.
        `keep` bounds how many seconds of `played` stay, for rooms that last long."""
        self.player, self.card = player, card
        self.played = Tape(player.sample_rate, keep)
        """What was heard of the loudspeaker."""
        self.dropped = 0
        """Pieces of the microphone's sound that nobody took in time."""
        self.underruns = 0
        """Blocks that the loudspeaker was silent because its pull came too late."""
        self._echo, self._canceller = echo, canceller
        self._noise = noise if noise is not None and noise.size else None
        self._far, self._resampler = Tape(SAMPLE_RATE, keep=1.0), Resampler(player.sample_rate, SAMPLE_RATE)
        self._said: list[tuple[int, Samples]] = []  # where each begins, in samples of the microphone
        self._mixed = np.zeros(0, np.float32)  # behind the last whole piece
        self._captured = 0  # samples
        self._waiting: deque[tuple[float, Audio]] = deque()  # each with the time when it is handed over
        self._arrived = asyncio.Event()
        self._over = False
        self._ticking: asyncio.Task[None] | None = None

    async def __aenter__(self) -> Self:
        self._loop = asyncio.get_running_loop()
        self._origin = self._loop.time()
        self.player.latency = self.card.output_latency
        self.played.append(np.zeros(round(self.card.output_latency * self.player.sample_rate), np.float32))
        self._far.append(np.zeros(round(self.card.output_latency * SAMPLE_RATE), np.float32))
        self._ticking = asyncio.create_task(self._tick())
        return self

    async def __aexit__(self, *_: object) -> None:
        assert self._ticking is not None  # noqa: S101  told to mypy
        self._ticking.cancel()
        await asyncio.wait([self._ticking])
        if not self._ticking.cancelled():
            self._ticking.result()

    @property
    def now(self) -> float:
        """Seconds since the room was entered."""
        return self._loop.time() - self._origin

    async def until(self, moment: float) -> None:
        """Wait until `moment`, in seconds since the room was entered."""
        await asyncio.sleep(self._origin + moment - self._loop.time())

    def say(self, sound: Samples | str, at: float | None = None) -> float:
        """Put sound, shape (n,) at 16 kHz, before the microphone; a text is spoken in `tones`.

        It begins `at` that many seconds, or now, and is mixed with what else is said then. Gives the time of its end.
        Raises ValueError for a moment that has gone by."""
        samples = tones(sound, SAMPLE_RATE) if isinstance(sound, str) else sound
        start = self._captured if at is None else round(at * SAMPLE_RATE)
        if start < self._captured:
            raise ValueError(f"nothing can be said at {at} s: it is {self._captured / SAMPLE_RATE:g} s already")
        self._said.append((start, samples))
        return (start + samples.size) / SAMPLE_RATE

    async def microphone(self) -> AsyncGenerator[Audio, None]:
        """The microphone's sound in pieces of 20 ms, from the moment when the room was entered until it is left."""
        while True:
            while self._waiting and self._waiting[0][0] <= self.now + SOON:
                yield self._waiting.popleft()[1]
            if self._over:
                return
            self._arrived.clear()
            await self._arrived.wait()

    async def _tick(self) -> None:
        """Let the card do a block's work at the beginning of each block, however late."""
        try:
            for block in count():
                await self.until(block * self.card.block)
                self._capture(round(block * self.card.block * SAMPLE_RATE))
                self._play(block)
                while len(self._waiting) > PATIENCE:
                    self._waiting.popleft()
                    self.dropped += 1
                if self._waiting and self._waiting[0][0] <= self.now + SOON:
                    self._arrived.set()
        finally:
            self._over = True
            self._arrived.set()

    def _play(self, block: int) -> None:
        rate, start = self.player.sample_rate, block * self.card.block
        frames = round((start + self.card.block) * rate) - round(start * rate)
        if self.now > start + self.card.output_latency + SOON:
            self.underruns += 1
            samples = np.zeros(frames, np.float32)
        else:
            samples = self.player.pull(frames)
        self.played.append(samples)
        if self._echo:
            self._far.append(self._echo * self._resampler.feed(samples))
        if self._canceller:
            self._canceller.far(samples, rate)

    def _capture(self, end: int) -> None:
        """Mix what is heard up to the microphone's sample `end`, and cut it into pieces."""
        self._mixed = np.concatenate([self._mixed, self._mix(self._captured, end)])
        self._captured = end
        while self._mixed.size >= PIECE:
            samples, self._mixed = self._mixed[:PIECE], self._mixed[PIECE:]
            first = end - self._mixed.size - PIECE
            if self._canceller:
                samples = self._canceller.near(samples)
            due = (first + PIECE) / SAMPLE_RATE + self.card.input_latency
            self._waiting.append((due, Audio(samples, SAMPLE_RATE, first / SAMPLE_RATE)))

    def _mix(self, start: int, end: int) -> Samples:
        mix = np.zeros(end - start, np.float32)
        if self._said:
            for begin, samples in self._said:
                first, behind = max(begin, start), min(begin + samples.size, end)
                if first < behind:
                    mix[first - start : behind - start] += samples[first - begin : behind - begin]
            self._said = [(begin, samples) for begin, samples in self._said if begin + samples.size > end]
        if self._noise is not None:
            mix += self._noise.take(range(start, end), mode="wrap")
        if self._echo:
            delayed = start / SAMPLE_RATE - self.card.echo_delay
            mix += self._far.between(delayed, delayed + mix.size / SAMPLE_RATE)
        return mix.clip(-1.0, 1.0)
