"""A sound card without hardware: PulseAudio with a loudspeaker that can be listened to, and a microphone to speak into.

PortAudio reaches it through ALSA's plugin for PulseAudio, as on a user's machine. Debian: pulseaudio pulseaudio-utils
libasound2-plugins libportaudio2."""

from __future__ import annotations

import os
import signal
import subprocess
import threading
import time
from collections import deque
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from types import TracebackType
from typing import IO, Self

import numpy as np
from support.waves import pcm16

from models.protocols import Samples
from pipeline.devices.pcm import WIDTH, from_pcm16

RATE = 16_000
"""Hz, of what is said and what is heard."""
BLOCK = 320
"""Samples that a microphone gives at a time: 20 ms."""
PATIENCE = 60.0
"""Seconds until PulseAudio counts as broken."""

ALSA = """
</usr/share/alsa/alsa.conf>
pcm.!default { type pulse }
ctl.!default { type pulse }
"""


class SoundCard:
    """A running PulseAudio with one loudspeaker and one microphone, below a folder of its own.

    `environment` leads a process to it; `say` and `heard` are the person before it."""

    def __init__(self, folder: Path) -> None:
        folder.mkdir(parents=True, exist_ok=True)
        self._folder, self._pipe, self._socket = folder, folder / "microphone", folder / "socket"
        (folder / "alsa.conf").write_text(ALSA)
        self.environment = {
            "XDG_RUNTIME_DIR": str(folder),
            "PULSE_RUNTIME_PATH": str(folder),
            "PULSE_SERVER": f"unix:{self._socket}",
            "PULSE_COOKIE": str(folder / "cookie"),
            "ALSA_CONFIG_PATH": str(folder / "alsa.conf"),
        }
        self._daemon: subprocess.Popen[bytes] | None = None
        self._speaker: _Speaker | None = None
        self._listener: _Listener | None = None

    def plug(self) -> None:
        """Start PulseAudio, and return when both devices are there."""
        self._pipe.unlink(missing_ok=True)  # it is still there after `unplug`
        self._daemon = subprocess.Popen(
            ["pulseaudio", "-n", "--system=false", "--daemonize=false", "--exit-idle-time=-1", "--use-pid-file=false",
             "--disable-shm", "--realtime=false", "--log-target=file:" + str(self._folder / "log"),
             "-L", "module-null-sink sink_name=loudspeaker rate=48000 channels=2",
             "-L", f"module-pipe-source source_name=microphone file={self._pipe} rate={RATE} channels=1 format=s16le",
             "-L", f"module-native-protocol-unix auth-anonymous=1 socket={self._socket}"],
            env=os.environ | self.environment | {"HOME": str(self._folder)},  # where it keeps its settings
        )  # fmt: skip
        _until(lambda: "\tmicrophone\t" in self._control("list", "short", "sources"))
        self._control("set-default-source", "microphone")
        self._speaker = _Speaker(self._pipe)
        self._listener = _Listener(os.environ | self.environment)

    def unplug(self) -> None:
        """End PulseAudio at once, as if somebody pulled the plug; `plug` starts it again."""
        for person in (self._speaker, self._listener):
            if person:
                person.close()
        self._speaker = self._listener = None
        if self._daemon:
            self._daemon.send_signal(signal.SIGKILL)
            self._daemon.wait(PATIENCE)
        self._daemon = None

    def say(self, samples: Samples) -> None:
        """Speak `samples`, shape (n,) at `RATE`, into the microphone; returns at once, silence follows."""
        assert self._speaker
        self._speaker.say(samples)

    def hush(self) -> None:
        """Say no more."""
        assert self._speaker
        self._speaker.hush()

    @property
    def saying(self) -> bool:
        """Whether something that was to be said was not said yet."""
        return self._speaker is not None and self._speaker.busy

    def heard(self) -> Samples:
        """What came out of the loudspeaker since it was plugged in, or since `heard` was called last; at `RATE`."""
        assert self._listener
        return self._listener.heard()

    def wait_until_used(self) -> None:
        """Returns when somebody plays to the loudspeaker, be it silence."""
        _until(lambda: bool(self._control("list", "short", "sink-inputs")))

    def _control(self, *command: str) -> str:
        result = subprocess.run(
            ["pactl", *command], env=os.environ | self.environment, capture_output=True, text=True, check=False
        )
        return result.stdout

    def __enter__(self) -> Self:
        try:
            self.plug()
        except BaseException:
            self.unplug()
            raise
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        self.unplug()


class _Speaker:
    """Writes to the microphone's pipe at the speed of a microphone: what is to be said, else silence."""

    def __init__(self, pipe: Path) -> None:
        self._pipe = os.open(pipe, os.O_RDWR | os.O_NONBLOCK)
        self._words: deque[bytes] = deque()
        self._over = threading.Event()
        self._thread = threading.Thread(target=self._speak)
        self._thread.start()

    @property
    def busy(self) -> bool:
        return bool(self._words)

    def say(self, samples: Samples) -> None:
        padded = np.append(samples, np.zeros(-samples.size % BLOCK, np.float32))
        self._words.extend(block.tobytes() for block in pcm16(padded).reshape(-1, BLOCK))

    def hush(self) -> None:
        self._words.clear()

    def _speak(self) -> None:
        due, silence = time.monotonic(), bytes(2 * BLOCK)
        while not self._over.wait(max(0.0, due - time.monotonic())):
            due += BLOCK / RATE
            # When nobody records, the pipe fills up, and what is said is lost as in an empty room.
            with suppress(BlockingIOError):
                os.write(self._pipe, self._words.popleft() if self._words else silence)

    def close(self) -> None:
        self._over.set()
        self._thread.join()
        os.close(self._pipe)


class _Listener:
    """Records what the loudspeaker plays."""

    def __init__(self, environment: dict[str, str]) -> None:
        self._process = subprocess.Popen(
            ["parec", "--device=loudspeaker.monitor", f"--rate={RATE}", "--channels=1", "--format=s16le", "--raw",
             "--latency-msec=20"],
            env=environment, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL,
        )  # fmt: skip
        assert self._process.stdout
        self._sound = bytearray()
        self._thread = threading.Thread(target=self._listen, args=[self._process.stdout])
        self._thread.start()
        _until(lambda: bool(self._sound))

    def _listen(self, stream: IO[bytes]) -> None:
        while block := stream.read(2 * BLOCK):
            self._sound += block

    def heard(self) -> Samples:
        whole = len(self._sound) // WIDTH * WIDTH
        samples = from_pcm16(bytes(self._sound[:whole]))
        del self._sound[:whole]
        return samples

    def close(self) -> None:
        self._process.terminate()
        self._process.wait(PATIENCE)
        self._thread.join()
        if self._process.stdout:
            self._process.stdout.close()


@contextmanager
def sound_card(folder: Path) -> Iterator[SoundCard]:
    """A sound card for this process, which must not have used PortAudio before on another one."""
    from pipeline.devices.card import portaudio

    card = SoundCard(folder)
    before = dict(os.environ)
    os.environ.update(card.environment)
    try:
        with card:
            portaudio.restart()
            yield card
    finally:
        os.environ.clear()
        os.environ.update(before)


def _until(happened: Callable[[], bool]) -> None:
    """Wait until it has happened."""
    deadline = time.monotonic() + PATIENCE
    while not happened():
        assert time.monotonic() < deadline, "PulseAudio does not start"
        time.sleep(0.05)
