"""Sends the face over OSC to programs that show a VRM model (VMC protocol), and to VRChat."""

from __future__ import annotations

import logging
import re
import socket
from collections.abc import Callable, Mapping, Sequence
from functools import partial
from math import inf, radians, sin
from typing import Any, Literal, Protocol, TypeAlias, get_args

from pythonosc.osc_bundle_builder import IMMEDIATELY, OscBundleBuilder
from pythonosc.osc_message import OscMessage
from pythonosc.osc_message_builder import OscMessageBuilder
from pythonosc.udp_client import UDPClient

from models.face import GESTURES, VISEMES
from pipeline.devices.face.face import Angles, Shown, State
from pipeline.devices.face.shapes import VRM0_NAMES, opening, vrm
from pipeline.errors import MediaError, PipelineError

log = logging.getLogger(__name__)

Value: TypeAlias = str | int | float | bool
Vrm: TypeAlias = Literal["1.0", "0.x"]
"""The versions of VRM, which name their presets differently."""

VMC_PORT, VRCHAT_PORT = 39539, 9000
"""The ports on which a VMC marionette and VRChat listen by default."""

VRM0 = VRM0_NAMES | {
    "happy": "Joy",
    "angry": "Angry",
    "sad": "Sorrow",
    "relaxed": "Fun",
    "surprised": "Surprised",
    "blink": "Blink",
    "lookUp": "LookUp",
    "lookDown": "LookDown",
    "lookLeft": "LookLeft",
    "lookRight": "LookRight",
}
"""The names in VRM 0.x of presets of VRM 1.0. Version 0.x has none for surprise; models use this name."""
FARTHEST: Angles = (30.0, 20.0)
"""The gaze, in degrees, at which an eye is turned fully."""

PREFIX = "/avatar/parameters/Parley/"
"""VRChat's own ``Viseme`` and ``Voice`` follow its microphone and cannot be set: an avatar has parameters for ours."""
STATES: Sequence[State] = get_args(State)
CHATBOX = 144
"""The most characters that VRChat shows."""
CHATBOX_PAUSE = 2.0
"""Seconds between two texts: VRChat silences senders of many."""


class Display(Protocol):
    """Something that shows a face."""

    def show(self, shown: Shown, now: float) -> None:
        """Show the face at the time `now`, in seconds. It returns at once, and drops what cannot be sent."""
        ...

    def close(self) -> None:
        """End the display."""
        ...


class _Sender:
    """Sends datagrams. What a full or missing network refuses is dropped, since it would arrive too late."""

    def __init__(self, host: str, port: int) -> None:
        """Raises MediaError for a host that there is not."""
        try:  # once, because sending to a name looks it up each time
            found = socket.getaddrinfo(host, port, type=socket.SOCK_DGRAM)
        except OSError as error:
            raise MediaError(f"{host}:{port}: no such host to send a face to: {error.strerror}") from error
        # Receivers of OSC listen on IPv4 as a rule, while localhost may be ::1 first.
        address = min(found, key=lambda info: info[0] != socket.AF_INET)[4][0]
        self._client, self._where, self._dropped = UDPClient(str(address), port), f"{host}:{port}", False

    def send(self, *messages: OscMessage) -> None:
        """Send a message, or several in a bundle."""
        bundle = OscBundleBuilder(IMMEDIATELY)
        for message in messages:
            bundle.add_content(message)
        try:
            self._client.send(bundle.build() if len(messages) > 1 else messages[0])
            self._dropped = False
        except OSError as error:
            if not self._dropped:
                log.warning("the face does not reach %s: %s", self._where, error)
            self._dropped = True

    def close(self) -> None:
        self._client.close()


class Vmc:
    """A performer of the VMC protocol (protocol.vmc.info), for VSeeFace, Warudo and the like: blend shapes.

    The head nods and shakes only with `head`: the protocol's bones carry a position, which is unknown without the
    model, so the receiving program must take rotations alone."""

    def __init__(self, host: str = "127.0.0.1", port: int = VMC_PORT, names: Vrm = "1.0", head: bool = False) -> None:
        """Raises MediaError for a host that there is not."""
        self.names, self.head = names, head
        self._sender = _Sender(host, port)
        self._began: float | None = None

    def show(self, shown: Shown, now: float) -> None:
        if self._began is None:
            self._began = now
        bones = [_bone("Head", shown.head)] if self.head else []
        self._sender.send(
            _message("/VMC/Ext/OK", 1),
            _message("/VMC/Ext/T", float(now - self._began)),
            *bones,
            *(_message("/VMC/Ext/Blend/Val", name, float(weight)) for name, weight in self._weights(shown).items()),
            _message("/VMC/Ext/Blend/Apply"),
        )

    def close(self) -> None:
        self._sender.close()

    def _weights(self, shown: Shown) -> Mapping[str, float]:
        weights = vrm(shown.mouth) | dict(shown.expressions) | {"blink": shown.blink} | _looking(shown.gaze)
        return {VRM0[name]: weight for name, weight in weights.items()} if self.names == "0.x" else weights


class VRChat:
    """Parameters of an avatar in VRChat, and what it says in the chatbox (docs.vrchat.com, "OSC as Input Controller").

    Under `PREFIX`: the ints ``Viseme`` (0 to 14), ``State`` (its place in `STATES`) and ``Gesture`` (its place in
    `GESTURES`, from 1 on; 0 for none); the floats ``Voice`` (how far the mouth is open), ``Happy`` and so on for each
    expression, ``Blink``, ``GazeX`` and ``GazeY`` (-1 to 1, right and up). Each is sent when it changes."""

    def __init__(self, host: str = "127.0.0.1", port: int = VRCHAT_PORT) -> None:
        """Raises MediaError for a host that there is not."""
        self._sender = _Sender(host, port)
        self._sent: dict[str, Value] = {}
        self._typing = False
        self._text = self._told = ""
        self._told_at = -inf

    def show(self, shown: Shown, now: float) -> None:
        for name, value in _parameters(shown).items():
            if self._sent.get(name) != value:
                self._sent[name] = value
                self._sender.send(_message(PREFIX + name, value))
        typing = shown.state == "thinking"
        if typing != self._typing:
            self._typing = typing
            self._sender.send(_message("/chatbox/typing", typing))
        self._text = _page(shown.clauses) or self._text  # may be of an answer that has ended meanwhile
        if self._text != self._told and now - self._told_at >= CHATBOX_PAUSE:
            self._told, self._told_at = self._text, now
            self._sender.send(_message("/chatbox/input", self._text, True, False))  # at once and silently

    def close(self) -> None:
        self._sender.close()


KINDS: Mapping[str, Callable[..., Display]] = {
    "vmc": Vmc,
    "vmc+head": partial(Vmc, head=True),
    "vmc0": partial(Vmc, names="0.x"),
    "vmc0+head": partial(Vmc, names="0.x", head=True),
    "vrchat": VRChat,
}
_WANTED = re.compile(r"(?P<kind>[^:]*)(:(?P<host>\[[^]]+\]|[^:\[\]]+))?(:(?P<port>\d{1,5}))?")


def open_display(wanted: str) -> Display:
    """The display that ``KIND[:HOST[:PORT]]`` names; a kind of `KINDS`. Raises PipelineError."""
    found = _WANTED.fullmatch(wanted)
    if found is None or found["kind"] not in KINDS:
        raise PipelineError(f"{wanted}: no way to show a face; expected {', '.join(KINDS)}, perhaps with :HOST:PORT")
    where: dict[str, Any] = {}
    if found["host"]:
        where["host"] = found["host"].strip("[]")
    if found["port"]:
        where["port"] = int(found["port"])
        if not 0 < where["port"] < 65_536:
            raise PipelineError(f"{wanted}: a port is a number from 1 to 65535, but found {found['port']}")
    return KINDS[found["kind"]](**where)


def _page(clauses: Sequence[str]) -> str:
    """The latest words of the answer, as many as a chatbox holds."""
    text = ""
    for clause in clauses:
        text = f"{text} {clause}" if text and len(text) + 1 + len(clause) <= CHATBOX else clause
    return text[:CHATBOX]


def _parameters(shown: Shown) -> dict[str, Value]:
    viseme = max(VISEMES, key=lambda name: shown.mouth[name])
    gaze = [max(-1.0, min(1.0, angle / most)) for angle, most in zip(shown.gaze, FARTHEST, strict=True)]
    floats = {name.capitalize(): weight for name, weight in shown.expressions.items()}
    floats |= {"Voice": opening(shown.mouth), "Blink": shown.blink, "GazeX": gaze[0], "GazeY": gaze[1]}
    return {
        "Viseme": VISEMES.index(viseme),
        "State": STATES.index(shown.state),
        "Gesture": GESTURES.index(shown.gesture) + 1 if shown.gesture else 0,
        **{name: round(value, 2) for name, value in floats.items()},  # VRChat's floats have 8 bits
    }


def _looking(gaze: Angles) -> dict[str, float]:
    """The weights of the four gaze presets of VRM, whose left and right are the model's own."""
    right, up = (angle / most for angle, most in zip(gaze, FARTHEST, strict=True))
    looks = {"lookRight": right, "lookLeft": -right, "lookUp": up, "lookDown": -up}
    return {name: max(0.0, min(1.0, part)) for name, part in looks.items()}


def _bone(name: str, angles: Angles) -> OscMessage:
    """The message for a bone that is turned. The protocol has Unity's left-handed axes: right, up, forward."""
    yaw, pitch = (sin(radians(angle) / 2) for angle in angles)
    w = (1 - yaw**2 - pitch**2) ** 0.5
    return _message("/VMC/Ext/Bone/Pos", name, 0.0, 0.0, 0.0, -pitch, yaw, 0.0, w)


def _message(address: str, *values: Value) -> OscMessage:
    builder = OscMessageBuilder(address)
    for value in values:
        builder.add_arg(value)
    return builder.build()
