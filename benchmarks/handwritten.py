"""A push-to-talk loop written by hand, which calls the same engines one after the other."""

from __future__ import annotations

import asyncio
import re
from collections.abc import Iterator
from typing import Any

import numpy as np
from sounds import LEAD, Clip

from models.protocols import UNKNOWN, Message, Outcome, Request, Samples
from models.roles.role import find_role
from pipeline.devices.files.decoding import SAMPLE_RATE
from pipeline.graph.graph import Graph
from pipeline.testing.room import Room

TOKENS = 120
"""Tokens that the language model writes at most, as in the graph."""
STEPS = ("asr", "intent", "task", "response", "tts")


class Loop:
    """Records while the key is down. Then it transcribes the whole utterance, understands it and carries it out. It
    takes the outcome's sentence, or lets the language model write the whole answer. It speaks the answer sentence by
    sentence, and plays each while the next is synthesised.

    It runs the graph's own warm engines one after the other on one thread, with the same microphone and loudspeaker. It
    is the loop that an engineer writes in an afternoon."""

    def __init__(self, graph: Graph) -> None:
        stages: dict[str, Any] = {node.step: node.stage for node in graph.nodes}
        self._engine = {step: stages[step].host.engine for step in STEPS}
        self._persona = find_role("guide").persona()

    async def answer(self, clip: Clip, patience: float) -> float:
        """Milliseconds from the end of speech to the first audible sample of the answer. Raises TimeoutError."""
        speaker = Speaker(self._engine["tts"].sample_rate)
        async with Room(speaker) as room:
            start = LEAD / SAMPLE_RATE
            end = start + clip.end / SAMPLE_RATE
            room.say(clip.samples, at=start)
            sound: list[Samples] = []
            async for piece in room.microphone():
                sound.append(piece.samples)
                if room.now >= end:
                    break
            await asyncio.to_thread(self._respond, np.concatenate(sound)[LEAD:], speaker)
            deadline = end + patience
            while (first := room.played.first_audible(end)) is None:
                if room.now > deadline:
                    raise TimeoutError(f"{clip.name}: the hand-written loop has no answer")
                await asyncio.sleep(0.01)
        return 1000 * (first - end)

    def _respond(self, sound: Samples, speaker: Speaker) -> None:
        text = self._engine["asr"].transcribe(sound).text
        intent = self._engine["intent"].understand(text)[0]
        outcome = self._engine["task"].handle(Request(intent, text))
        for sentence in self._sentences(text, outcome):
            for piece in self._engine["tts"].speak(sentence):
                speaker.add(piece.samples)

    def _sentences(self, text: str, outcome: Outcome) -> Iterator[str]:
        for sentence in re.split(r"(?<=[.!?])\s+", self._reply(text, outcome)):
            if sentence.strip():
                yield sentence

    def _reply(self, text: str, outcome: Outcome) -> str:
        if outcome.status != "open":
            return outcome.say
        if outcome.task == UNKNOWN:
            return f"I am not sure what you mean. {self._persona.offer}"
        messages = [Message("system", self._persona.prompt), Message("user", outcome.say or text)]
        written = "".join(self._engine["response"].complete(messages, max_tokens=TOKENS))
        return f"{outcome.opening} {written}".strip()


class Speaker:
    """The sound that waits to be played."""

    def __init__(self, sample_rate: int) -> None:
        self.sample_rate = sample_rate
        self.latency = 0.0
        self._waiting = np.zeros(0, np.float32)

    def add(self, samples: Samples) -> None:
        """Play these samples after the sound that waits."""
        self._waiting = np.concatenate([self._waiting, samples])

    def pull(self, frames: int) -> Samples:
        """The next samples, shape (frames,)."""
        block, self._waiting = self._waiting[:frames], self._waiting[frames:]
        return np.pad(block, (0, frames - block.size))
