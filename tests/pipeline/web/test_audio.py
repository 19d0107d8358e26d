"""The page's audio worklets, on a clock that a test turns: an OfflineAudioContext."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np
import pytest
from playwright.sync_api import Page, Playwright
from support.pages import WEB, browsing, static
from support.waves import dominant, loudness, tone

from models.protocols import Samples

VOICE = 24_000
FRAME = 480
"""20 ms at `VOICE`."""


@pytest.fixture(scope="module")
def page(playwright: Playwright) -> Iterator[Page]:
    """An empty page of an origin that serves the worklets."""
    with static(WEB / "dist") as url, browsing(playwright) as browser:
        page = browser.new_page()
        page.goto(f"{url}icon.svg")
        page.evaluate(SETTLING)
        yield page


def worklet(name: str) -> str:
    [path] = (WEB / "dist" / "assets").glob(f"{name}-*.js")
    return path.relative_to(WEB / "dist").as_posix()


SETTLING = """() => { window.settling = async (context) => {
    const echo = `registerProcessor("echo", class extends AudioWorkletProcessor {
        constructor() { super(); this.port.onmessage = () => this.port.postMessage(0); }
        process() { return true; }
    });`;
    await context.audioWorklet.addModule(URL.createObjectURL(new Blob([echo], { type: "text/javascript" })));
    const { port } = new AudioWorkletNode(context, "echo");
    return () => new Promise((resolve) => { port.onmessage = resolve; port.postMessage(0); });
}; }"""
"""Lets pages wait until the audio thread has taken, and said, all that was under way: it answers in turn."""

PLAY = """async ([worklet, rate, length, script]) => {
    const context = new OfflineAudioContext(1, length, rate);
    await context.audioWorklet.addModule(worklet);
    const node = new AudioWorkletNode(context, "playout", { numberOfInputs: 0, outputChannelCount: [1] });
    const said = [];
    node.port.onmessage = ({ data }) => said.push(data);
    node.connect(context.destination);
    const settled = await settling(context);
    for (const [at, messages] of script) {
        const post = async () => {
            for (const message of messages) {
                if (message !== "flush") message.samples = new Float32Array(message.samples);
                node.port.postMessage(message);
            }
            await settled(); // while the context stands still
        };
        if (at === 0) await post();
        else context.suspend(at / rate).then(post).then(() => context.resume());
    }
    const rendered = await context.startRendering();
    await settled();
    return [Array.from(rendered.getChannelData(0)), said];
}"""


def play(page: Page, seconds: float, *script: tuple[int, list[Any]]) -> tuple[Samples, list[Any]]:
    """What the playout plays and says, given messages at frames of its context (different multiples of 128)."""
    sound, said = page.evaluate(PLAY, [worklet("playout"), VOICE, round(seconds * VOICE), script])
    return np.array(sound, np.float32), said


def frames(count: int, timestamp: int = 0, value: float = 0.5) -> list[Any]:
    """Frames of constant sound."""
    return [{"timestamp": timestamp + i * FRAME, "samples": [value] * FRAME} for i in range(count)]


def segments(said: list[Any]) -> list[Any]:
    return [each for each in said if each != "tick"]


def test_playout_plays_frames_as_one_stream_and_says_where_it_lies(page: Page) -> None:
    sound, said = play(page, 0.5, (0, frames(10, timestamp=2**32 - FRAME)))
    first, last = segments(said)
    assert first == {"frame": first["frame"], "timestamp": 2**32 - FRAME, "playing": True}
    assert last == {"frame": first["frame"] + 10 * FRAME, "timestamp": 9 * FRAME, "playing": False}
    assert np.all(sound[first["frame"] : last["frame"]] == 0.5)
    assert not sound[: first["frame"]].any()
    assert not sound[last["frame"] :].any()


def test_playout_waits_for_60_ms_or_100_ms_after_the_first_frame(page: Page) -> None:
    _, said = play(page, 0.3, (0, frames(2)))
    assert segments(said)[0]["frame"] == pytest.approx(0.1 * VOICE, abs=128)
    _, said = play(page, 0.3, (0, frames(3)))
    assert segments(said)[0]["frame"] <= 128


def test_playout_tells_five_times_a_second_that_it_goes_on(page: Page) -> None:
    _, said = play(page, 1.2, (0, frames(50)))
    assert said.count("tick") == 4  # within a second; at its end it says that it stops


def test_a_flush_fades_within_8_ms_and_what_comes_behind_begins_anew(page: Page) -> None:
    at = 128 * 40
    behind = frames(4, timestamp=96_000, value=0.25)
    sound, said = play(page, 0.8, (0, frames(30)), (at, ["flush"]), (at + 1280, behind))
    first, cut, again, last = segments(said)
    fade = round(0.008 * VOICE)
    begin = cut["frame"] - fade
    assert begin <= at + 128
    assert cut["timestamp"] == cut["frame"] - first["frame"]  # what faded counts as heard
    assert np.all(np.diff(sound[begin : cut["frame"]]) < 0)
    assert not sound[cut["frame"] : again["frame"]].any()
    assert (again["timestamp"], last["timestamp"]) == (96_000, 96_000 + 4 * FRAME)
    assert np.all(sound[again["frame"] : last["frame"]] == 0.25)


def test_a_jump_of_timestamps_is_told_and_not_heard(page: Page) -> None:
    sound, said = play(page, 0.5, (0, [*frames(4), *frames(4, timestamp=48_000)]))
    first, jump, last = segments(said)
    assert jump == {"frame": first["frame"] + 4 * FRAME, "timestamp": 48_000, "playing": True}
    assert np.all(sound[first["frame"] : last["frame"]] == 0.5)


CAPTURE = """async ([worklet, rate, samples]) => {
    const context = new OfflineAudioContext(1, samples.length, rate);
    await context.audioWorklet.addModule(worklet);
    const node = new AudioWorkletNode(context, "capture", { processorOptions: { sampleRate: 16000 } });
    const frames = [];
    node.port.onmessage = ({ data }) => frames.push([data.timestamp, Array.from(data.samples), data.level]);
    const buffer = context.createBuffer(1, samples.length, rate);
    buffer.copyToChannel(new Float32Array(samples), 0);
    const source = new AudioBufferSourceNode(context, { buffer });
    source.connect(node).connect(context.destination);
    source.start();
    const settled = await settling(context);
    await context.startRendering();
    await settled();
    return frames;
}"""


def capture(page: Page, sound: Samples, sample_rate: int) -> tuple[Samples, list[Any]]:
    """What the capture sends of `sound`, at 16 kHz."""
    sent = page.evaluate(CAPTURE, [worklet("capture"), sample_rate, sound.tolist()])
    assert all(len(samples) == 320 for _, samples, _ in sent)
    return np.array([samples for _, samples, _ in sent], np.float32).ravel() / np.float32(32_767), sent


@pytest.mark.parametrize("sample_rate", [16_000, 44_100, 48_000, 96_000])
def test_capture_brings_any_rate_to_16_khz(page: Page, sample_rate: int) -> None:
    heard, sent = capture(page, tone(0.6, 1_000.0, 0.5, sample_rate), sample_rate)
    assert [timestamp for timestamp, _, _ in sent] == [320 * i for i in range(len(sent))]
    assert 28 <= len(sent) <= 30
    steady = heard[1_600:8_000]
    assert dominant(steady, 16_000) == pytest.approx(1_000.0, abs=2.0)
    times = np.arange(steady.size) / 16_000
    basis = np.stack([np.sin(2000 * np.pi * times), np.cos(2000 * np.pi * times)], axis=1)
    fit, *_ = np.linalg.lstsq(basis, steady, rcond=None)
    assert np.hypot(*fit) == pytest.approx(0.5, abs=0.002)
    assert loudness(steady - basis @ fit) < 1e-4  # little more than 16 bits leave
    assert sent[20][2] == pytest.approx(0.5 / np.sqrt(2), abs=0.01)


@pytest.mark.parametrize("sample_rate", [44_100, 48_000])
def test_capture_folds_nothing_back(page: Page, sample_rate: int) -> None:
    heard, _ = capture(page, tone(0.6, 9_500.0, 0.5, sample_rate), sample_rate)
    assert loudness(heard[1_600:8_000]) < 0.5e-3  # 57 dB less
