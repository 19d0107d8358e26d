"""The avatar in a headset: Meta's emulator in a browser."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Browser, Page, Playwright
from support.pages import PATIENCE, WEB, browsing, serving, write_microphone
from support.sources import blank, developing
from support.vrm import vrm1
from support.waves import silence

EMULATOR = WEB / "node_modules" / "iwer" / "build" / "iwer.min.js"
BEGIN = """async (kind) => {
    window.device = new IWER.XRDevice(IWER.metaQuest3);
    device.installRuntime({ forceInstall: true }); // over Chromium's own, which has no headset
    device.position.set(0, 1.5, 0);
    const { createAvatar } = await import("/src/avatar/index.ts");
    const canvas = document.body.appendChild(document.createElement("canvas"));
    window.avatar = createAvatar(canvas, { clock: () => null, theme: "dark" });
    window.said = [];
    window.audio = new AudioContext();
    const tell = (name) => (...given) => said.push([name, ...given]);
    const told = ["press", "release", "point", "scene", "ended"].map((name) => [name, tell(name)]);
    const host = { audio, through: (node) => { window.voice = node; }, ...Object.fromEntries(told) };
    await avatar.enterXR(kind, host);
}"""


@pytest.fixture(scope="module")
def browser(playwright: Playwright) -> Iterator[Browser]:
    with browsing(playwright, "--autoplay-policy=no-user-gesture-required") as browser:
        yield browser


@pytest.fixture(scope="module")
def url() -> Iterator[str]:
    with developing() as url:
        yield url


@pytest.fixture
def page(browser: Browser, url: str) -> Iterator[Page]:
    with blank(browser, url) as page:
        page.add_script_tag(path=EMULATOR)
        yield page


def said(page: Page, name: str) -> list[Any]:
    """What the page was told by that name, when it was told something."""
    page.wait_for_function("(name) => said.some(([each]) => each === name)", arg=name, timeout=PATIENCE)
    return [given for each, *given in page.evaluate("said") if each == name]


def test_one_talks_points_and_leaves(page: Page) -> None:
    page.evaluate(BEGIN, "immersive-vr")
    [[place, things]] = said(page, "scene")
    assert place
    assert {thing["name"] for thing in things} == {"lantern", "map"}

    page.evaluate("() => device.controllers.right.updateButtonValue('trigger', 1)")
    assert said(page, "press") == [[]]
    page.evaluate("() => device.controllers.right.updateButtonValue('trigger', 0)")
    assert said(page, "release") == [[]]

    [lantern] = [thing["position"] for thing in things if thing["name"] == "lantern"]
    aim(page, [lantern[0], lantern[1] + 0.08, lantern[2]])
    assert said(page, "point") == [["lantern", pytest.approx(lantern)]]
    aim(page, [-3.0, 1.5, -1.0])
    page.wait_for_function("said.filter(([name]) => name === 'point').length === 2", timeout=PATIENCE)
    assert said(page, "point")[-1] == ["", None]

    standing = "() => Math.abs(voice.positionZ.value + 1.2) < 0.15 && Math.abs(voice.positionY.value - 1.5) < 0.12"
    page.wait_for_function(standing, timeout=PATIENCE)  # eye to eye, and the voice from its mouth
    page.evaluate("() => device.position.set(0.5, 1.6, 0.1)")
    page.wait_for_function("() => Math.abs(audio.listener.positionX.value - 0.5) < 0.1", timeout=PATIENCE)
    assert page.evaluate("voice.panningModel") == "HRTF"
    page.evaluate("() => avatar.caption('avatar', 'You are on the plaza,', ' by the old well.')")
    page.evaluate("async (bytes) => avatar.loadVrm(new Uint8Array(bytes).buffer)", list(vrm1()))
    page.wait_for_function(standing, timeout=PATIENCE)

    page.evaluate("() => avatar.leaveXR()")
    assert said(page, "ended") == [[]]
    assert page.evaluate("voice") is None


def aim(page: Page, at: list[float]) -> None:
    """Points the right controller there."""
    page.evaluate(
        """([x, y, z]) => {
            const hand = device.controllers.right;
            hand.position.set(0.2, 1.3, -0.2);
            const [dx, dy, dz] = [x - 0.2, y - 1.3, z + 0.2];
            const yaw = Math.atan2(-dx, -dz), pitch = Math.atan2(dy, Math.hypot(dx, dz));
            const [cy, sy, cp, sp] = [Math.cos(yaw / 2), Math.sin(yaw / 2), Math.cos(pitch / 2), Math.sin(pitch / 2)];
            hand.quaternion.set(cy * sp, sy * cp, -sy * sp, cy * cp);
        }""",
        at,
    )


def test_a_trigger_that_is_down_at_the_end_is_let_go(page: Page) -> None:
    page.evaluate(BEGIN, "immersive-ar")
    assert said(page, "scene") == [["", []]]
    page.evaluate("() => device.controllers.left.updateButtonValue('trigger', 1)")
    said(page, "press")
    page.evaluate("() => avatar.leaveXR()")
    assert said(page, "ended") == [[]]
    assert [name for name, *_ in page.evaluate("said")] == ["scene", "press", "release", "ended"]


INSTALLED = """(() => {
    window.device = new IWER.XRDevice(IWER.metaQuest3);
    device.installRuntime({ forceInstall: true });
    device.position.set(0, 1.5, 0);
})()"""


HOOKED = """() => {
    window.told = {};
    for (const name of ["scene", "point"]) {
        const tell = parley[name].bind(parley);
        parley[name] = (...given) => { tell(...given); told[name] = given; };
    }
}"""


def test_the_page_talks_by_the_trigger_and_about_what_is_pointed_at(playwright: Playwright, tmp_path: Path) -> None:
    """From the button of the page to a real server that listens."""
    microphone = write_microphone(tmp_path / "quiet.wav", silence(30.0))
    with (
        serving() as url,
        browsing(playwright, "--autoplay-policy=no-user-gesture-required", microphone=microphone) as browser,
        browser.new_context(viewport={"width": 360, "height": 360}) as context,
    ):
        context.add_init_script(path=EMULATOR)
        context.add_init_script(INSTALLED)
        page = context.new_page()
        page.goto(url)
        page.wait_for_selector("body[data-line=open]")
        page.evaluate(HOOKED)
        page.click("#vr")
        page.wait_for_function("() => parley.avatar.immersion?.tracked", timeout=PATIENCE)  # it is drawn, and listens
        page.evaluate("() => device.controllers.right.updateButtonValue('trigger', 1)")
        page.wait_for_selector("body[data-state=listening]", timeout=PATIENCE)
        page.evaluate("() => device.controllers.right.updateButtonValue('trigger', 0)")
        page.wait_for_selector("body[data-state=idle]", timeout=PATIENCE)

        x, y, z = page.evaluate("told.scene[1].find(({ name }) => name === 'lantern').position")
        aim(page, [x, y + 0.08, z])
        page.wait_for_function("() => told.point?.[0] === 'lantern'", timeout=PATIENCE)
        page.evaluate("() => parley.say('What is this?')")
        shown = "() => document.getElementById('captions').textContent.includes('That is a lantern.')"
        page.wait_for_function(shown, timeout=PATIENCE)
