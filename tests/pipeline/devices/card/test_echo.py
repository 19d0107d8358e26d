from __future__ import annotations

import os
import subprocess
import sys
from functools import cache

import numpy as np
import pytest
from support.reading import word_error_rate
from support.sounds import speech
from support.waves import loudness, noise, silence

from models.asr.moonshine import Moonshine
from models.protocols import Samples
from models.vad.silero import Silero
from pipeline.devices.card.echo import EchoCanceller
from pipeline.devices.files.wav import resampled

pytestmark = pytest.mark.model  # recordings of people come from the model store

RATE = 16_000
ASKED = "And so, my fellow Americans, ask not"


def louder(samples: Samples, level: float) -> Samples:
    return (samples * np.float32(level / loudness(samples))).astype(np.float32)


@cache
def avatar() -> Samples:
    """Ten seconds of what the loudspeaker says."""
    return louder(speech("speech-two-cities")[: 10 * RATE], 0.08)


@cache
def user() -> Samples:
    """Ten seconds in which a person says `ASKED` to an avatar that speaks, in their second half."""
    return np.append(silence(5.0), louder(speech("speech-jfk")[: 5 * RATE], 0.08))


def room(sound: Samples, delay: float = 0.04) -> Samples:
    """What a microphone hears of a loudspeaker: later, softer, and reflected for 0.15 s by the walls."""
    times = np.arange(round(0.15 * RATE)) / RATE
    response = np.random.default_rng(1).standard_normal(times.size) * np.exp(-times / 0.03)
    response /= np.linalg.norm(response)
    late = np.concatenate([silence(delay), sound])[: sound.size]
    return (0.5 * np.convolve(late, response)[: sound.size]).astype(np.float32)


def cancelled(canceller: EchoCanceller, far: Samples, microphone: Samples, block: int = 320) -> Samples:
    """What is left of `microphone` while `far` is played."""
    left = []
    for start in range(0, far.size, block):
        canceller.far(far[start : start + block], RATE)
        left.append(canceller.near(microphone[start : start + block]))
    return np.concatenate(left)


def voiced(samples: Samples) -> float:
    """The share of windows in which the voice detector hears somebody."""
    detector = Silero()
    detector.load()
    windows = samples[: samples.size // detector.window * detector.window].reshape(-1, detector.window)
    return float(np.mean(np.array(detector.open().probabilities(windows)) > 0.5))


def decibels(ratio: float) -> float:
    return 20 * float(np.log10(ratio))


@pytest.mark.model
@pytest.mark.parametrize("suppress_noise", [False, True])
def test_the_avatar_does_not_hear_itself(suppress_noise: bool) -> None:
    canceller = EchoCanceller(RATE, suppress_noise)
    canceller.set_delay(0.04)
    microphone = room(avatar()) + noise(10.0, 0.0003)
    left = cancelled(canceller, avatar(), microphone)
    assert left.size == microphone.size
    assert voiced(microphone) > 0.5
    assert voiced(left) == 0.0
    settled = slice(2 * RATE, None)
    assert decibels(loudness(microphone[settled]) / loudness(left[settled])) > 25


@pytest.mark.model
def test_a_user_who_interrupts_is_understood() -> None:
    canceller = EchoCanceller(RATE)
    canceller.set_delay(0.04)
    mixed = room(avatar()) + user() + noise(10.0, 0.0003)
    left = cancelled(canceller, avatar(), mixed)
    recogniser = Moonshine()
    recogniser.load()
    assert voiced(left[: 5 * RATE]) == 0.0
    both, cleaned = (recogniser.transcribe(np.append(sound[5 * RATE :], silence(0.5))).text for sound in (mixed, left))
    assert word_error_rate(ASKED, both) > 0.6
    assert word_error_rate(ASKED, cleaned) < 0.3


def test_without_an_echo_the_user_stays_as_he_is() -> None:
    left = cancelled(EchoCanceller(RATE), silence(10.0), user())
    assert loudness(left) == pytest.approx(loudness(user()), rel=0.1)


@pytest.mark.parametrize("delay", [-0.1, 0.6, 30.0])
def test_a_delay_that_cannot_be_ends_nothing(delay: float) -> None:
    canceller = EchoCanceller(RATE)
    canceller.set_delay(delay)
    assert cancelled(canceller, silence(0.1), user()[: RATE // 10]).size == RATE // 10


def test_noise_is_suppressed_on_demand() -> None:
    hiss = noise(4.0, 0.01)
    left = {on: cancelled(EchoCanceller(RATE, on), silence(4.0), hiss)[2 * RATE :] for on in (False, True)}
    assert decibels(loudness(left[False]) / loudness(left[True])) > 6


@pytest.mark.model
def test_blocks_of_any_size_and_another_rate() -> None:
    microphone = room(avatar()) + noise(10.0, 0.0003)
    canceller = EchoCanceller(RATE)
    played = resampled(avatar(), RATE, 24_000)
    left, position = [], 0
    for index, start in enumerate(range(0, microphone.size, 500)):
        canceller.far(played[position : (index + 1) * 750], 24_000)
        position = (index + 1) * 750
        left.append(canceller.near(microphone[start : start + 500]))
    assert {piece.size % 160 for piece in left} == {0}
    assert sum(piece.size for piece in left) == microphone.size
    assert voiced(np.concatenate(left)[2 * RATE :]) == 0.0


def test_what_is_too_loud_is_clipped_and_never_wraps() -> None:
    loud = np.full(RATE, 3.0, np.float32)
    loud[::100] = -3.0
    left = cancelled(EchoCanceller(RATE), silence(1.0), loud)
    assert np.abs(left).max() <= 1.0


@pytest.mark.skipif(sys.platform != "linux", reason="looks at the process through /proc")
def test_it_talks_to_no_network_and_lets_the_process_end() -> None:
    program = """
import os, numpy as np
from pipeline.devices.card.echo import EchoCanceller
canceller = EchoCanceller(16_000)
canceller.far(np.zeros(1600, np.float32), 16_000)
canceller.near(np.zeros(1600, np.float32))
files = [f"/proc/self/fd/{number}" for number in os.listdir("/proc/self/fd")]
links = [os.readlink(file) for file in files if os.path.islink(file)]
sockets = {link[8:-1] for link in links if link.startswith("socket:")}
for kind in ("tcp", "tcp6", "udp", "udp6"):
    with open(f"/proc/self/net/{kind}") as table:
        assert not any(sockets & set(line.split()) for line in table), kind
print("end")
"""
    done = subprocess.run(
        [sys.executable, "-c", program], capture_output=True, text=True, timeout=60, check=True, env=dict(os.environ)
    )
    assert done.stdout == "end\n"
