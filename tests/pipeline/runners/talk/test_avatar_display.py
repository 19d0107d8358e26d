"""A real conversation, whose face python-osc's own server receives."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass
from itertools import count
from random import Random
from typing import Any

import numpy as np
import pytest
from support.osc import Received, receiving

from models.face import EXPRESSIONS, Viseme
from models.protocols import Phoneme
from pipeline.devices.card.player import Player
from pipeline.devices.face.osc import CHATBOX, PREFIX, STATES
from pipeline.errors import MediaError, PipelineError
from pipeline.graph.graph import Graph
from pipeline.packets import Speech
from pipeline.runners.talk.avatar_display import display_avatar, open_displays
from pipeline.runtime.record import Observer, Record
from pipeline.runtime.session import Session
from pipeline.testing import Room, Talk, run, talking

MOUTH = ("aa", "ih", "ou", "ee", "oh")
LOOKS = ("lookLeft", "lookRight", "lookUp", "lookDown")
LIPS = frozenset("pbm")


class Listener(Observer):
    """Remembers what is spoken."""

    def __init__(self) -> None:
        self.speech: list[Speech] = []

    def crossed(self, turn: str, node: str, packet: Any, at: float) -> None:
        if isinstance(packet, Speech):
            self.speech.append(packet)


@dataclass
class Performance:
    """A conversation that is over, and how it looked. Times are those of the room."""

    received: Received
    turns: list[Record]
    speech: list[Speech]
    room: Room
    entered: float
    """When the first picture of the face was made."""
    cut: float | None = None
    """When the user interrupted."""

    def pictures(self) -> list[tuple[float, dict[str, float]]]:
        return [(self.entered + at, weights) for at, weights in self.received.frames()]

    def near(self, moment: float) -> dict[str, float]:
        at, weights = min(self.pictures(), key=lambda picture: abs(picture[0] - moment))
        assert abs(at - moment) < 1 / 55
        return weights

    def began(self) -> float:
        """When the first sample of the answer was heard, by the sound in the room."""
        samples = np.concatenate([speech.voiced.samples for speech in self.speech])
        audible = self.room.played.first_audible()
        assert audible is not None
        return audible - int(np.flatnonzero(np.abs(samples) > 0.01)[0]) / self.speech[0].voiced.sample_rate

    def phonemes(self) -> list[Phoneme]:
        """Those of the answer, on the room's time."""
        began = self.began()
        return [
            Phoneme(phoneme.symbol, began + speech.start + phoneme.start, phoneme.duration)
            for speech in self.speech
            for phoneme in speech.voiced.phonemes
        ]


def perform(graph: Graph, line: str, interrupt_after: float | None = None) -> Performance:
    """Type a line and have it answered; perhaps press the key so many seconds after the answer began."""

    async def converse(received: Received) -> Performance:
        listener = Listener()
        async with talking(graph, "push-to-talk") as talk:
            talk.session.observers.append(listener)
            player = talk.room.player
            assert isinstance(player, Player)
            with open_displays([f"vmc:127.0.0.1:{received.port}"]) as displays:
                entered = talk.room.now
                async with display_avatar(talk.session, player.position, displays, Random(7)):
                    talk.floor.type(line)
                    cut = await interrupted(talk, player, interrupt_after) if interrupt_after else None
                    await answered(talk)
                    await asyncio.sleep(0.5)
        return Performance(received, talk.turns, listener.speech, talk.room, entered, cut)

    with receiving() as received:
        return run(converse(received))


async def interrupted(talk: Talk, player: Player, after: float) -> float:
    while (player.position() or 0.0) < after:  # noqa: ASYNC110  the time is virtual
        await asyncio.sleep(0.005)
    talk.floor.press()
    cut = talk.room.now
    await asyncio.sleep(0.3)
    talk.floor.release()
    return cut


async def answered(talk: Talk) -> None:
    while not any(turn.confirmed is not None for turn in talk.turns):  # noqa: ASYNC110  the time is virtual
        await asyncio.sleep(0.1)


@pytest.fixture(scope="module")
def bought(assistant: Graph) -> Performance:
    return perform(assistant, "Buy two apples.")


def test_the_mouth_closes_when_p_b_and_m_sound(bought: Performance) -> None:
    assert "".join(speech.text for speech in bought.speech).startswith("You bought 2 apples")
    closures = [phoneme for phoneme in bought.phonemes() if phoneme.symbol in LIPS]
    assert len(closures) >= 2
    for closure in closures:
        weights = bought.near(closure.start + closure.duration / 2)
        assert sum(weights[name] for name in MOUTH) < 0.1, closure


def test_the_mouth_moves_with_the_sound_and_rests_otherwise(bought: Performance) -> None:
    began = bought.began()
    length = sum(speech.voiced.samples.size for speech in bought.speech) / 24_000
    open_wide = [at for at, weights in bought.pictures() if sum(weights[name] for name in MOUTH) > 0.5]
    assert len(open_wide) > 20
    assert began - 0.1 < open_wide[0] < open_wide[-1] < began + length + 0.1
    vowels = [phoneme for phoneme in bought.phonemes() if phoneme.symbol.startswith("ˈ") and phoneme.duration > 0.06]
    assert vowels
    for vowel in vowels:
        assert sum(bought.near(vowel.start + vowel.duration / 2)[name] for name in MOUTH) > 0.25, vowel


def test_sixty_pictures_a_second_each_whole(bought: Performance) -> None:
    pictures = bought.pictures()
    assert np.median(np.diff([at for at, _ in pictures])) == pytest.approx(1 / 60, abs=1e-3)
    assert all(set(weights) == {*MOUTH, *EXPRESSIONS, "blink", *LOOKS} for _, weights in pictures)
    assert len(bought.received.of("/VMC/Ext/Blend/Apply")) == len(bought.received.of("/VMC/Ext/OK")) == len(pictures)


def test_what_was_done_makes_a_happy_face_and_then_it_goes(bought: Performance) -> None:
    happy = [(at, weights["happy"]) for at, weights in bought.pictures()]
    assert max(weight for _, weight in happy) > 0.4
    assert happy[0][1] == happy[-1][1] == 0.0


def test_an_interruption_closes_the_mouth(assistant: Graph) -> None:
    cut_short = perform(assistant, "Buy two apples.", interrupt_after=0.75)
    assert cut_short.cut is not None
    (heard,) = [turn.heard for turn in cut_short.turns if turn.reply.startswith("You bought")]
    assert 0 < len(heard) < len(cut_short.speech[0].text)
    silent = cut_short.room.played.silent_from()
    assert silent < cut_short.cut + 0.1
    last = silent + 0.15
    assert all(sum(w[name] for name in MOUTH) < 0.05 for at, w in cut_short.pictures() if at > last)
    before = [sum(w[name] for name in MOUTH) for at, w in cut_short.pictures() if at < cut_short.cut]
    assert max(before) > 0.5
    steps = np.abs(np.diff([sum(w[name] for name in MOUTH) for at, w in cut_short.pictures() if at >= silent]))
    assert max(steps) < 0.3, "it comes to rest, and does not jump"


def test_vrchat_has_state_mouth_and_words(assistant: Graph) -> None:
    async def converse(port: int) -> list[Speech]:
        listener = Listener()
        async with talking(assistant, "push-to-talk") as talk:
            talk.session.observers.append(listener)
            player = talk.room.player
            assert isinstance(player, Player)
            with open_displays([f"vrchat:localhost:{port}"]) as displays:
                async with display_avatar(talk.session, player.position, displays, Random(7)):
                    talk.floor.type("What can you do? I want to fly a plane.")
                    await answered(talk)
                    await asyncio.sleep(2.5)
        return listener.speech

    with receiving() as received:
        speech = run(converse(received.port))
    states = [STATES[value] for (value,) in received.of(f"{PREFIX}State")]
    assert states[-3:] == ["thinking", "speaking", "idle"]
    visemes = [value for (value,) in received.of(f"{PREFIX}Viseme")]
    assert len(set(visemes)) > 6
    assert visemes[-1] == 0
    assert received.of("/chatbox/typing")[-2:] == [(True,), (False,)]
    told = [text for text, at_once, noise in received.of("/chatbox/input") if at_once and not noise]
    assert all(0 < len(text) <= CHATBOX for text in told)
    words = "".join(piece.text for piece in speech).split()
    assert told[-1].split() == words[-len(told[-1].split()) :]


@pytest.mark.parametrize(
    ("wanted", "message"),
    [
        ("vmx", "vmx: no way to show a face; expected vmc, "),
        ("vmc:a:b:c", "no way to show a face"),
        ("vmc:localhost:99999", "a port is a number from 1 to 65535, but found 99999"),
    ],
)
def test_what_cannot_be_opened_is_told(wanted: str, message: str) -> None:
    with pytest.raises(PipelineError, match=message), open_displays([wanted]):
        pass


def test_a_host_that_there_is_not() -> None:
    with (
        pytest.raises(MediaError, match=r"nowhere\.invalid:9000: no such host"),
        open_displays(["vrchat:nowhere.invalid"]),
    ):
        pass


def test_leaving_leaves_nothing_behind(assistant: Graph) -> None:
    async def converse() -> None:
        session = Session(assistant, "test")
        others = asyncio.all_tasks()
        async with display_avatar(session, lambda: None, []):
            await asyncio.sleep(0.1)
            assert len(session.observers) == 1
        assert session.observers == []
        assert asyncio.all_tasks() == others

    run(converse())


def test_leaving_in_the_middle_of_a_word_leaves_a_face_at_rest(assistant: Graph) -> None:
    async def leave(port: int) -> None:
        session, heard = Session(assistant, "test"), count(0.1, 0.01)
        with open_displays([f"vmc:127.0.0.1:{port}"]) as displays:
            async with display_avatar(session, lambda: next(heard), displays):
                (avatar,) = session.observers
                avatar.crossed("turn", "lipsync", Viseme("aa", 0.0, 1.0, 1.0), 0.0)
                avatar.plays("turn", 0.0)
                await asyncio.sleep(0.2)

    with receiving() as received:
        run(leave(received.port))
    opened = [weights["aa"] for _, weights in received.frames()]
    assert opened[-2] > 0.5
    assert opened[-1] == 0.0
