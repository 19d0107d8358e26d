from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from pipeline.devices.card import portaudio
from pipeline.devices.card.portaudio import Device, devices, find
from pipeline.errors import MediaError


def device(index: int, name: str, *, system: str = "ALSA", inputs: int = 1, outputs: int = 2) -> Device:
    default = frozenset({"input", "output"} if index == 2 else ())
    return Device(index, name, system, inputs, outputs, 48_000.0, default)  # type: ignore[arg-type]


@pytest.fixture
def desk(monkeypatch: pytest.MonkeyPatch) -> None:
    """A machine with several devices."""
    known = [
        device(0, "HDA Intel: Analog", inputs=2),
        device(1, "HDA Intel: HDMI", inputs=0),
        device(2, "USB Headset"),
        device(3, "USB Headset", system="OSS"),
        device(4, "USB Headset Pro"),
        device(5, "Webcam", outputs=0),
    ]
    monkeypatch.setattr(portaudio, "devices", lambda: known)


@pytest.mark.usefixtures("desk")
def test_a_device_by_index_by_a_part_of_its_name_or_by_default() -> None:
    assert find(5, "input").name == "Webcam"
    assert find("1", "output").name == "HDA Intel: HDMI"
    assert find("cam", "input").index == 5
    assert find("usb headset", "input").index == 2, "the whole name, in the first system that knows it"
    assert find("hdmi", "output").index == 1
    assert find(None, "input").index == 2


@pytest.mark.usefixtures("desk")
def test_what_is_meant_must_be_clear() -> None:
    with pytest.raises(MediaError, match=r"microphone: 'Webcan' is none of the devices; .* such as 5 \(Webcam\)$"):
        find("Webcan", "input")
    with pytest.raises(MediaError, match=r"loudspeaker: '5' is none of the devices; .*: Analog\), 1 \(HDA"):
        find(5, "output")
    with pytest.raises(MediaError, match=r"'headset' is several devices; .* such as 2 \(.*\), 4 \(USB Headset Pro\)$"):
        find("headset", "input")


def test_no_device_at_all(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(portaudio, "devices", lambda: [device(0, "Webcam", outputs=0)])
    with pytest.raises(MediaError, match=r"^no loudspeaker: the sound system has none; plug one in"):
        find(None, "output")


def run(program: str, **environment: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-c", program],
        capture_output=True, text=True, timeout=60, check=True, env=os.environ | environment,
    )  # fmt: skip


LIST = """
from pipeline.devices.card.portaudio import devices, find
from pipeline.errors import MediaError
try:
    print(devices())
    find(None, "input")
except MediaError as error:
    print(error)
"""


@pytest.mark.skipif(sys.platform != "linux" or Path("/proc/asound/pcm").exists(), reason="has a sound card")
def test_a_machine_without_sound_says_so_and_nothing_else() -> None:
    done = run(LIST, PULSE_SERVER="unix:/nowhere")
    assert done.stdout.startswith("[]\nno microphone: the sound system has none")
    assert done.stderr == ""


@pytest.mark.skipif(sys.platform != "linux", reason="elsewhere the library comes with the package")
def test_without_the_library_it_says_what_to_install() -> None:
    done = run("import ctypes.util\nctypes.util.find_library = lambda name: None\n" + LIST)
    assert "PortAudio library not found" in done.stdout
    assert "apt install libportaudio2" in done.stdout


def test_without_the_package_it_says_what_to_install() -> None:
    done = run("import sys\nsys.modules['sounddevice'] = None\n" + LIST)
    assert "pip install sounddevice" in done.stdout


def test_importing_a_device_imports_no_sound_library() -> None:
    done = run(
        "import sys, pipeline.devices.card.soundcard, pipeline.devices.card.player, pipeline.devices.card.echo\n"
        "print({'sounddevice', 'livekit', 'av', 'onnxruntime'} & set(sys.modules))"
    )
    assert done.stdout == "set()\n"


def test_a_broken_sound_system_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    sounddevice = portaudio.library()

    def broken() -> None:
        raise sounddevice.PortAudioError("host error")

    monkeypatch.setattr(sounddevice, "query_hostapis", broken)
    with pytest.raises(MediaError, match="cannot be asked for its devices: host error"):
        devices()
    monkeypatch.setattr(sounddevice, "_initialize", broken)
    monkeypatch.setattr(sounddevice, "_initialized", 0)
    with pytest.raises(MediaError, match="cannot be started: host error"):
        portaudio.restart()
