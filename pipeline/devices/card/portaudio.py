"""PortAudio, the library that reaches the sound card on every system, and the devices that it finds.

It is not safe to open, close or restart it from several threads, and some of these calls take a while, so all of them
run on one thread: `on_its_thread`."""

from __future__ import annotations

import asyncio
import ctypes
import ctypes.util
import difflib
import os
import sys
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import cache
from typing import Any, Literal, TypeAlias, TypeVar

from pipeline.errors import MediaError
from pipeline.host.threads import Worker

T = TypeVar("T")

Direction: TypeAlias = Literal["input", "output"]

NAMES: dict[Direction, str] = {"input": "microphone", "output": "loudspeaker"}

LATENCY = 0.06
"""Seconds of sound that a device is asked to buffer. With less, speech breaks up when this process is late; with more,
it goes on after the user interrupts."""

_WORKER = Worker("portaudio")


@dataclass(frozen=True, slots=True)
class Device:
    """A device that records, plays, or both."""

    index: int
    """The number by which PortAudio knows it until PortAudio is restarted."""
    name: str
    system: str
    """The sound system that it belongs to, such as ALSA or Core Audio; a device may be known to several."""
    inputs: int
    """Channels that it records."""
    outputs: int
    """Channels that it plays."""
    sample_rate: float
    """The device's own rate in Hz."""
    default: frozenset[Direction]
    """The directions in which it is the system's default."""

    def channels(self, direction: Direction) -> int:
        """The number of channels that it has in that direction."""
        return self.inputs if direction == "input" else self.outputs


async def on_its_thread(work: Callable[[], T]) -> T:
    """Run `work` on PortAudio's thread, after the work submitted earlier, and to its end even if this is cancelled."""
    return await asyncio.shield(asyncio.wrap_future(_WORKER.submit(work)))


@cache
def library() -> Any:
    """Import the module sounddevice. Raises MediaError."""
    if sys.platform == "linux":
        _silence_alsa()
        # Without it, PulseAudio's plugin for ALSA chooses a buffer of its own, runs dry, and then takes sound too fast.
        os.environ.setdefault("PULSE_LATENCY_MSEC", f"{LATENCY * 1000:.0f}")
    try:
        import sounddevice
    except ImportError as error:
        raise MediaError("no sound library: found no package sounddevice; pip install sounddevice") from error
    except OSError as error:  # the package is there, but not what it wraps
        raise MediaError(
            f"no sound library: {error}; install PortAudio (Debian, Ubuntu: apt install libportaudio2; "
            "Fedora: dnf install portaudio; macOS: brew install portaudio)"
        ) from error
    return sounddevice


@cache
def _silence_alsa() -> Any:
    """Keep ALSA from printing errors that its callers get anyway; returns an object that must be kept alive."""
    name = ctypes.util.find_library("asound")
    if name is None:
        return None
    handler = ctypes.CFUNCTYPE(None, ctypes.c_char_p, ctypes.c_int, ctypes.c_char_p, ctypes.c_int, ctypes.c_char_p)
    ignore = handler(lambda *_: None)
    ctypes.CDLL(name).snd_lib_error_set_handler(ignore)
    return ignore


def devices() -> list[Device]:
    """The devices that PortAudio found when it was last started. Raises MediaError without the library."""
    sounddevice = library()
    try:
        systems = sounddevice.query_hostapis()
        found = sounddevice.query_devices()
    except sounddevice.PortAudioError as error:
        raise MediaError(f"the sound system cannot be asked for its devices: {error}") from error
    defaults = systems[sounddevice.default.hostapi] if found else {}
    return [
        Device(
            index,
            device["name"],
            systems[device["hostapi"]]["name"],
            device["max_input_channels"],
            device["max_output_channels"],
            device["default_samplerate"],
            frozenset(direction for direction in NAMES if defaults[f"default_{direction}_device"] == index),
        )
        for index, device in enumerate(found)
    ]


def restart() -> None:
    """Look for devices again; no stream may be open. Raises MediaError."""
    sounddevice = library()
    try:
        if sounddevice._initialized:
            sounddevice._terminate()
        sounddevice._initialize()
    except sounddevice.PortAudioError as error:
        raise MediaError(f"the sound system cannot be started: {error}") from error


def find(wanted: str | int | None, direction: Direction) -> Device:
    """The device with that index, or whose name holds those words; None is the default. Raises MediaError."""
    able = [device for device in devices() if device.channels(direction)]
    role = NAMES[direction]
    if not able:
        raise MediaError(f"no {role}: the sound system has none; plug one in, and see that your user may use it")
    if wanted is None:
        return next((device for device in able if direction in device.default), able[0])
    if isinstance(wanted, int) or wanted.isdecimal():
        found = [device for device in able if device.index == int(wanted)]
    else:
        found = _named(wanted, able)
    if len(found) == 1:
        return found[0]
    problem = "is none of the devices" if not found else "is several devices"
    near = found or _near(str(wanted), able)
    listed = ", ".join(f"{device.index} ({device.name})" for device in near)
    raise MediaError(f"{role}: {str(wanted)!r} {problem}; expected an index or a part of one name, such as {listed}")


def _named(wanted: str, able: Sequence[Device]) -> list[Device]:
    """The devices that a part of a name means. Sound systems give a device the same name, so only the best is kept."""
    found = [device for device in able if wanted.casefold() in device.name.casefold()]
    found = [device for device in found if device.name.casefold() == wanted.casefold()] or found
    best = next((device.system for device in found), "")
    return [device for device in found if device.system == best]


def _near(wanted: str, able: Sequence[Device]) -> list[Device]:
    """The devices whose names are most like what was asked for, or all if no name is alike."""
    names = {device.name.casefold(): device for device in reversed(able)}
    near = difflib.get_close_matches(wanted.casefold(), names, n=3, cutoff=0.4)
    return [names[name] for name in near] or list(able)
