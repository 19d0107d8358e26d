"""What clients send that mean harm, or are broken."""

from __future__ import annotations

import json
import math
from random import Random
from typing import Any

from pipeline.wire.frames import PICTURE, SOUND, WRAP

HELLO = {"type": "hello", "protocol": 1}
_NUMBERS = [0, -1, 1, 0.5, 2**31, 2**32, 2**32 - 1, 2**63, -(2**63), 10**400, 1e308, math.inf, -math.inf, math.nan]
_TEXTS = ["", " ", "\0", "\ud800", "\U0001f3ee", "a" * 201, "\u202e", "../../etc/passwd", "lantern", "{}", "x" * 2001]
_TYPES = ["press", "release", "mode", "text", "interrupt", "scene", "gaze", "point", "played", "ping", "stats", "hello"]
_FIELDS = {
    "mode": ["mode"],
    "text": ["text"],
    "scene": ["place", "things"],
    "gaze": ["target"],
    "point": ["target", "position"],
    "played": ["timestamp", "playing"],
    "ping": ["id"],
    "hello": ["protocol", "token", "user", "mode", "audio_in", "audio_out", "wants", "session", "key", "heard"],
}
_GOOD: dict[str, list[Any]] = {
    "mode": ["hands-free", "push-to-talk"],
    "text": ["lantern", "a story"],
    "timestamp": [0, 480, 4800, 2**31, 2**32 - 1],
    "playing": [True, False],
    "things": [[{"name": "lantern", "position": [0, 1, -2]}] * 256],
    "position": [[0, 1, 2]],
}


def message(random: Random) -> str | bytes:
    """Something to say: valid, nearly so, or not at all."""
    kind = random.random()
    if kind < 0.45:
        return json.dumps(structured(random))
    if kind < 0.8:
        return frame(random)
    if kind < 0.9:
        return bytes(random.getrandbits(8) for _ in range(random.randrange(60)))
    return random.choice(
        [
            "",
            "null",
            "[" * random.randrange(1, 5000),
            '{"type": ' * 300,
            json.dumps(structured(random))[: random.randrange(20)],
            '{"type": "gaze", "target": "\\ud800\\udfff\\udc00"}',
            '{"type": "ping", "id": ' + "9" * random.randrange(1, 5000) + "}",
            '{"type": "text", "type": "press", "text": "lantern"}',
        ]
    )


def structured(random: Random) -> dict[str, Any]:
    """A message of a type that there is, with fields that are hostile now and then."""
    kind = random.choice(_TYPES)
    told: dict[str, Any] = {"type": kind}
    for field in _FIELDS.get(kind, []):
        if random.random() < 0.9:
            good = _GOOD.get(field)
            told[field] = random.choice(good) if good and random.random() < 0.7 else value(random)
    return told


def value(random: Random, depth: int = 0) -> Any:
    """Any value of JSON, and some that are none."""
    kind = random.randrange(5 if depth > 3 else 7)
    if kind < 2:
        return random.choice(_NUMBERS)
    if kind < 4:
        return random.choice(_TEXTS)
    if kind == 4:
        return random.choice([None, True, False])
    if kind == 5:
        return [value(random, depth + 1) for _ in range(random.randrange(4))]
    return {random.choice(_TEXTS): value(random, depth + 1) for _ in range(random.randrange(4))}


def frame(random: Random) -> bytes:
    """A frame with a header that lies, or a payload that is none."""
    sequence = random.choice([random.randrange(8), random.randrange(WRAP), WRAP - 1, 2**31])
    kind = random.choice([SOUND, SOUND, SOUND, PICTURE, random.randrange(256)])
    header = bytes([kind, random.getrandbits(8), 0, 0]) + sequence.to_bytes(4, "big")
    payload = random.choice(
        [b"", b"\0", bytes(640), bytes(641), b"\x7f\xff" * 320, b"\x89PNG" + bytes(500), bytes(9000)]
    )
    return (header + random.randrange(WRAP).to_bytes(4, "big") + payload)[: random.choice([5, 12, 20_000, 20_000])]


def raw(random: Random) -> bytes:
    """What a connection begins with that is no WebSocket, or half of one."""
    upgrade = (
        b"GET /parley HTTP/1.1\r\nHost: localhost\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
        b"Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nSec-WebSocket-Version: 13\r\n\r\n"
    )
    noise = bytes(random.getrandbits(8) for _ in range(random.randrange(200)))
    return random.choice([noise, upgrade[: random.randrange(len(upgrade))], upgrade + noise, b"GET / HTTP/9.9\r\n\r\n"])
