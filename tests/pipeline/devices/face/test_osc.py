"""What goes out over OSC, taken by python-osc's own server."""

from __future__ import annotations

import logging
import socket
from collections.abc import Sequence
from contextlib import closing
from dataclasses import replace
from math import degrees, sqrt
from typing import Any

import pytest
from support.osc import receiving

from models.face import EXPRESSIONS, GESTURES, VISEMES
from pipeline.devices.face.face import Shown
from pipeline.devices.face.osc import CHATBOX, CHATBOX_PAUSE, PREFIX, VRM0, Vmc, VRChat, open_display
from pipeline.errors import MediaError

FACE = Shown(
    state="speaking",
    mouth=dict.fromkeys(VISEMES, 0.0) | {"sil": 0.3, "aa": 0.7},
    expressions=dict.fromkeys(EXPRESSIONS, 0.0) | {"happy": 0.5},
    blink=0.25,
    gaze=(15.0, -10.0),
    head=(0.0, -9.0),
    gesture="nod",
    clauses=["Hello."],
)


def test_a_bundle_of_vmc_is_a_whole_face() -> None:
    with receiving() as received, closing(Vmc(port=received.port)) as display:
        display.show(FACE, 50.0)
        display.show(FACE, 50.5)
    addresses = [address for address, _ in received.messages if address != "/end"]
    half = addresses[: len(addresses) // 2]
    assert half == ["/VMC/Ext/OK", "/VMC/Ext/T", *["/VMC/Ext/Blend/Val"] * 15, "/VMC/Ext/Blend/Apply"]
    (first, weights), (second, _) = received.frames()
    assert (first, second) == (0.0, 0.5)
    assert {name: weight for name, weight in weights.items() if weight} == pytest.approx(
        {"aa": 0.7, "happy": 0.5, "blink": 0.25, "lookRight": 0.5, "lookDown": 0.5}
    )


def test_older_models_have_other_names() -> None:
    with receiving() as received, closing(open_display(f"vmc0:127.0.0.1:{received.port}")) as display:
        display.show(FACE, 0.0)
    ((_, weights),) = received.frames()
    assert set(weights) == set(VRM0.values())
    assert {name: weight for name, weight in weights.items() if weight} == pytest.approx(
        {"A": 0.7, "Joy": 0.5, "Blink": 0.25, "LookRight": 0.5, "LookDown": 0.5}
    )


def test_the_head_is_a_bone_where_it_is_wanted() -> None:
    with receiving() as received:
        for kind in ("vmc", "vmc+head"):
            with closing(open_display(f"{kind}:127.0.0.1:{received.port}")) as display:
                display.show(replace(FACE, head=(0.0, -9.0)), 0.0)
    ((name, *numbers),) = received.of("/VMC/Ext/Bone/Pos")
    assert name == "Head"
    x, y, z, w = numbers[3:]
    assert sqrt(x * x + y * y + z * z + w * w) == pytest.approx(1.0)
    assert degrees(2 * x) == pytest.approx(9.0, abs=0.1), "down: a positive turn about the axis to the right"
    assert (y, z) == (0.0, 0.0)


def vrchat(*pictures: tuple[float, Shown]) -> list[tuple[str, Sequence[object]]]:
    with receiving() as received, closing(VRChat(port=received.port)) as display:
        for now, shown in pictures:
            display.show(shown, now)
    return [message for message in received.messages if message[0] != "/end"]


def test_an_avatar_in_vrchat_has_parameters() -> None:
    sent = {address.removeprefix(PREFIX): values for address, values in vrchat((0.0, FACE))}
    assert sent["Viseme"] == (VISEMES.index("aa"),)
    assert sent["State"] == (3,)
    assert sent["Gesture"] == (GESTURES.index("nod") + 1,)
    for name, value in {"Voice": 0.7, "Happy": 0.5, "Sad": 0.0, "Blink": 0.25, "GazeX": 0.5, "GazeY": -0.5}.items():
        assert sent[name] == (pytest.approx(value, abs=0.01),)
    assert all(isinstance(sent[name][0], int) for name in ("Viseme", "State", "Gesture"))


def test_only_changes_are_sent() -> None:
    again = vrchat((0.0, FACE), (0.1, FACE), (0.2, replace(FACE, blink=0.5)))
    assert [address for address, _ in again].count(f"{PREFIX}Blink") == 2
    assert [address for address, _ in again].count(f"{PREFIX}Viseme") == 1


def test_it_types_while_it_thinks() -> None:
    sent = vrchat(*((at / 10, replace(FACE, state="thinking" if 3 <= at < 6 else "speaking")) for at in range(9)))
    assert [values for address, values in sent if address == "/chatbox/typing"] == [(True,), (False,)]


def test_the_chatbox_has_what_is_heard_and_not_too_often() -> None:
    clauses = [f"This is sentence number {place}, which is short." for place in range(20)]
    # One begins every half second; then nothing sounds any more.
    pictures = [(i / 10, clauses[: i // 5 + 1] if i < 100 else []) for i in range(200)]
    sent = vrchat(*((at, replace(FACE, clauses=begun)) for at, begun in pictures))
    texts = [str(values[0]) for address, values in sent if address == "/chatbox/input"]
    assert texts[0] == clauses[0]
    assert texts[-1].endswith(clauses[-1]), "also where it was too early to send it while it sounded"
    assert len(texts) == len(set(texts)) <= 10.0 / CHATBOX_PAUSE + 2
    assert all(len(text) <= CHATBOX for text in texts)


def test_what_cannot_be_sent_is_told_once_and_costs_nothing(caplog: pytest.LogCaptureFixture) -> None:
    with closing(Vmc()) as display:
        client = display._sender._client
        real, client._sock = client._sock, Unplugged()  # type: ignore[assignment]
        with caplog.at_level(logging.WARNING):
            for i in range(3):
                display.show(FACE, float(i))
        client._sock = real
    assert [record.getMessage() for record in caplog.records] == [
        "the face does not reach 127.0.0.1:39539: [Errno 101] Network is unreachable"
    ]


class Unplugged:
    def sendto(self, *_: object) -> None:
        raise OSError(101, "Network is unreachable")


def test_a_name_is_looked_up_once(monkeypatch: pytest.MonkeyPatch) -> None:
    asked: list[str] = []
    real = socket.getaddrinfo

    def ask(host: str, port: int, **more: Any) -> Any:
        asked.append(host)
        return real(host, port, **more)

    monkeypatch.setattr(socket, "getaddrinfo", ask)
    with receiving() as received, closing(Vmc("localhost", received.port)) as display:
        for i in range(10):
            display.show(FACE, float(i))
    assert asked.count("localhost") == 1


def test_a_host_that_there_is_not() -> None:
    with pytest.raises(MediaError, match=r"nowhere\.invalid:39539: no such host"):
        Vmc("nowhere.invalid")
