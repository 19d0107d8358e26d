"""A server, a browser, and the page between them."""

from __future__ import annotations

import base64
import io
import re
import shutil
import subprocess
import sys
import wave
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Thread
from typing import Any

import av
import numpy as np
from playwright.sync_api import Browser, Error, Page, Playwright, ViewportSize

from models.protocols import Samples
from pipeline.devices.pcm import to_pcm16

ROOT = Path(__file__).parents[2]
WEB = ROOT / "pipeline" / "web"

PATIENCE = 60_000
"""Milliseconds in which anything that a test waits for must come: a busy machine without a graphics card is slow."""
DESKTOP = ViewportSize(width=1100, height=760)
NARROW = ViewportSize(width=360, height=740)

_GRAPHICS = ["--use-angle=swiftshader", "--enable-unsafe-swiftshader"]  # WebGL without a graphics card
_FAKE = ["--use-fake-device-for-media-stream", "--use-fake-ui-for-media-stream"]


@contextmanager
def serving(*options: str) -> Iterator[str]:
    """The address of a `parley serve` with these options; it is ended as a user ends it."""
    command = [sys.executable, "-m", "pipeline.cli", "serve", "--port", "0", *options]
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True) as process:
        assert process.stdout
        try:
            told = next((line for line in process.stdout if "http" in line), "")
            found = re.search(r"https?://\S+?/", told)
            assert found, f"no address in {told!r}"
            yield found[0]
        finally:
            process.terminate()
            process.wait(60)


@contextmanager
def static(folder: Path) -> Iterator[str]:
    """The address at which the files of a folder are served."""

    class Quiet(SimpleHTTPRequestHandler):
        def log_message(self, *_: Any) -> None:
            pass

    with ThreadingHTTPServer(("127.0.0.1", 0), partial(Quiet, directory=str(folder))) as server:
        thread = Thread(target=server.serve_forever)
        thread.start()
        try:
            yield f"http://127.0.0.1:{server.server_port}/"
        finally:
            server.shutdown()
            thread.join()


@contextmanager
def browsing(
    playwright: Playwright, *options: str, microphone: Path | None = None, graphics: bool = True
) -> Iterator[Browser]:
    """A headless Chromium with these options, whose microphone plays that wave file once, from when it is opened; or
    that has none. Without `graphics` the avatar has no face, and the processor is free for the rest."""
    chromium = next(filter(None, map(shutil.which, ("chromium", "chromium-browser", "google-chrome"))), None)
    assert chromium, "these tests need Chromium: apt-get install chromium"
    sound = [*_FAKE, f"--use-file-for-fake-audio-capture={microphone}%noloop"] if microphone else []
    drawn = _GRAPHICS if graphics else ["--disable-gpu", "--disable-3d-apis"]
    browser = playwright.chromium.launch(
        executable_path=chromium, args=[*drawn, *sound, *options], timeout=2 * PATIENCE
    )
    try:
        yield browser
    finally:
        browser.close()


def write_microphone(path: Path, *parts: Samples, sample_rate: int = 16_000) -> Path:
    """A wave file of `parts` one after another, for `browsing`."""
    with wave.open(str(path), "wb") as file:
        file.setparams((1, 2, sample_rate, 0, "NONE", ""))
        file.writeframes(to_pcm16(np.concatenate(parts)))
    return path


@contextmanager
def opened(browser: Browser, url: str, **context: Any) -> Iterator[Page]:
    """The page there, connected, in a context with these options; an error in it fails the test at the end."""
    errors: list[Error] = []
    page = browser.new_context(**context).new_page()
    page.set_default_timeout(PATIENCE)
    page.on("pageerror", lambda error: errors.append(error))  # noqa: PLW0108  Playwright marks what it is given
    try:
        page.goto(url)
        page.wait_for_selector("body[data-line=open]")
        yield page
        assert not errors
    finally:
        page.context.close()


@contextmanager
def recording(page: Page) -> Iterator[Callable[[], Samples]]:
    """Records what the page plays; call what it gives for the samples at 16 kHz, behind the `with`."""
    page.evaluate(
        """() => {
            const { context, voice } = parley.speaker;
            const tap = context.createMediaStreamDestination();
            voice.connect(tap);
            const recorder = new MediaRecorder(tap.stream);
            const parts = [];
            recorder.ondataavailable = ({ data }) => parts.push(data);
            recorder.start();
            window.recorded = async () => {
                const stopped = new Promise((resolve) => (recorder.onstop = resolve));
                recorder.stop();
                await stopped;
                const bytes = new Uint8Array(await new Blob(parts).arrayBuffer());
                return btoa(Array.from(bytes, (byte) => String.fromCharCode(byte)).join(""));
            };
        }"""
    )
    sound: list[Samples] = []
    yield lambda: np.concatenate(sound)
    sound += _decoded(base64.b64decode(page.evaluate("recorded()")))


def _decoded(webm: bytes) -> Iterator[Samples]:
    resampler = av.AudioResampler("flt", "mono", 16_000)
    with av.open(io.BytesIO(webm), "r") as container:
        for frame in container.decode(audio=0):
            for part in resampler.resample(frame):
                yield part.to_ndarray()[0]
