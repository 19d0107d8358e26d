"""The avatar of the page: its mouth is the mouth of the server, its head moves, a VRM takes its place."""

from __future__ import annotations

import base64
import time
from collections.abc import Iterator
from itertools import pairwise
from random import Random
from typing import Any

import pytest
from playwright.sync_api import Browser, Error, Page, Playwright
from support.pages import PATIENCE, browsing
from support.sources import blank, developing
from support.vrm import MOVED, glb, vrm0, vrm1

from models.face import VISEMES, Viseme
from pipeline.devices.face.mouth import Mouth, coming_to_rest


@pytest.fixture(scope="module")
def url() -> Iterator[str]:
    with developing() as url:
        yield url


@pytest.fixture(scope="module")
def browser(playwright: Playwright) -> Iterator[Browser]:
    with browsing(playwright) as browser:
        yield browser


@pytest.fixture(scope="module")
def page(browser: Browser, url: str) -> Iterator[Page]:
    with blank(browser, url) as page:
        yield page


def timeline(seed: int, count: int) -> list[Viseme]:
    """Shapes in whole milliseconds, without gaps."""
    chance, start, row = Random(seed), 0.0, []
    for _ in range(count):
        duration = chance.randrange(10, 300) / 1000
        row.append(Viseme(chance.choice(VISEMES), start, duration, chance.choice([0.4, 0.8, 1.0])))
        start = round(start + duration, 3)
    return row


def wire(row: list[Viseme]) -> list[Any]:
    return [[round(1000 * shape.start), round(1000 * shape.duration), shape.viseme, shape.weight] for shape in row]


@pytest.mark.parametrize("seed", range(8))
def test_the_mouth_is_that_of_the_server(page: Page, seed: int) -> None:
    row = timeline(seed, 30)
    moments = [round(i * 1000 / 60) - 100 for i in range(300)]
    shown = page.evaluate(
        """async ([row, moments]) => {
            const { mouthAt } = await import("/src/avatar/mouth.ts");
            return moments.map((moment) => mouthAt(row, moment));
        }""",
        [wire(row), moments],
    )
    mouth = Mouth(row)
    for moment, weights in zip(moments, shown, strict=True):
        assert weights == pytest.approx(mouth.at(moment / 1000), abs=1e-6), moment


def test_cut_it_comes_to_rest_as_that_of_the_server(page: Page) -> None:
    row = timeline(9, 20)
    shown = page.evaluate(
        """async ([row, elapsed]) => {
            const { mouthAt, released } = await import("/src/avatar/mouth.ts");
            return elapsed.map((each) => released(mouthAt(row, 700), each));
        }""",
        [wire(row), list(range(0, 200, 10))],
    )
    weights_then = Mouth(row).at(0.7)
    for elapsed, weights in zip(range(0, 200, 10), shown, strict=True):
        assert weights == pytest.approx(coming_to_rest(weights_then, elapsed / 1000), abs=1e-6), elapsed


ANIMATED = """async ([script, moments, part, calm]) => {
    const { Animator } = await import("/src/avatar/animator.ts");
    let seed = 1;
    const animator = new Animator(() => (seed = (seed * 16807) % 2147483647) / 2147483647, calm);
    for (const [method, ...given] of script) animator[method](...given);
    return moments.map(([now, heard]) => {
        const look = animator.look(now, heard === null ? null : { turn: "t", position: heard });
        return structuredClone(part ? look[part] : look);
    });
}"""


def animated(
    page: Page, script: list[Any], moments: list[tuple[float, float | None]], part: str = "", *, calm: bool = False
) -> Any:
    """Looks, or a part of them, at moments: seconds of the frames, and milliseconds heard."""
    return page.evaluate(ANIMATED, [script, moments, part, calm])


def frames(seconds: float, heard: float | None = None) -> list[tuple[float, float | None]]:
    return [(i / 60, None if heard is None else heard + i * 1000 / 60) for i in range(round(60 * seconds))]


def test_the_mouth_follows_what_is_heard_and_not_the_frames(page: Page) -> None:
    script = [["visemes", "t", [[0, 500, "aa", 1.0], [500, 200, "PP", 1.0]]]]
    looks = animated(page, script, [(1.0, 250), (1.1, 250), (9.0, 251), (9.1, 600), (9.1, None), (9.3, None)])
    assert [round(look["mouth"]["aa"], 3) for look in looks[:3]] == [1.0, 1.0, 1.0]
    assert looks[3]["mouth"]["PP"] == pytest.approx(1.0)
    assert looks[4]["mouth"]["PP"] == pytest.approx(1.0)  # it comes to rest from there
    assert looks[5]["mouth"]["sil"] == pytest.approx(1.0)


def test_expressions_come_and_go(page: Page) -> None:
    script = [["expression", "t", {"name": "happy", "start": 500, "duration": 1500, "weight": 0.8}]]
    happy = [emotions["happy"] for emotions in animated(page, script, frames(3.0, heard=0.0), "emotions")]
    assert happy[29] == 0
    assert max(happy) == pytest.approx(0.8, abs=0.03)
    assert happy[-1] < 0.02
    assert max(abs(b - a) for a, b in pairwise(happy)) < 0.08


def test_gestures_move_the_head(page: Page) -> None:
    script: list[Any] = [["become", "speaking"], ["gesture", "t", {"name": "nod", "start": 200}]]
    still = animated(page, script[:1], frames(1.0, heard=0.0), "head")
    nodding = animated(page, script, frames(1.0, heard=0.0), "head")
    moved = [a["pitch"] - b["pitch"] for a, b in zip(nodding, still, strict=True)]
    assert min(moved) < -0.1
    assert abs(moved[10]) < 1e-6
    assert abs(moved[-1]) < 1e-6


def test_a_gesture_that_is_cut_fades(page: Page) -> None:
    turned = page.evaluate(
        """async () => {
            const { Animator } = await import("/src/avatar/animator.ts");
            const [waving, still] = [new Animator(() => 0.5), new Animator(() => 0.5)];
            waving.gesture("t", { name: "wave", start: 0 });
            return Array.from({ length: 90 }, (_, i) => {
                if (i === 50) waving.flush();
                const heard = i < 50 ? { turn: "t", position: 20 * i } : null;
                return waving.look(i / 60, heard).hand.up - still.look(i / 60, heard).hand.up;
            });
        }"""
    )
    assert max(turned) == pytest.approx(1.0)
    assert turned[-1] == 0
    assert max(abs(b - a) for a, b in pairwise(turned)) < 0.15


def test_states_differ(page: Page) -> None:
    ends = {state: animated(page, [["become", state]], frames(2.0))[-1] for state in ("idle", "listening", "thinking")}
    assert ends["listening"]["lean"] > ends["idle"]["lean"] + 0.04
    assert ends["thinking"]["gaze"]["yaw"] > 0.1
    assert ends["thinking"]["gaze"]["pitch"] > 0.05
    assert ends["listening"]["head"]["roll"] > ends["idle"]["head"]["roll"] + 0.04


def test_it_blinks_now_and_then(page: Page) -> None:
    blinks = animated(page, [["become", "listening"]], frames(60.0), "blink")
    starts = [i / 60 for i, (a, b) in enumerate(pairwise(blinks)) if a == 0 < b]
    gaps = [b - a for a, b in pairwise(starts)]
    assert 10 <= len(starts) <= 40
    assert max(blinks) > 0.95
    assert max(gaps) < 6.5


def test_calm_only_mouth_and_lids_move(page: Page) -> None:
    script = [
        ["become", "thinking"], ["visemes", "t", [[0, 900, "oh", 1.0]]], ["gesture", "t", {"name": "wave", "start": 0}],
    ]  # fmt: skip
    for look in animated(page, script, frames(4.0, heard=0.0), calm=True):
        assert look["head"] == {"yaw": 0, "pitch": 0, "roll": 0}
        assert look["hand"]["up"] == look["lean"] == 0


def test_lips_meet_round_and_part(page: Page) -> None:
    """By the geometry: the middle of the two lips, and the corners."""
    shapes = page.evaluate(
        """async () => {
            const { face } = await import("/src/avatar/head/face.ts");
            const { VISEME_POSES } = await import("/src/avatar/head/poses.ts");
            const { points, colours } = face();
            const rest = points(VISEME_POSES.sil);
            const columns = 144, line = 5 * columns; // the ring of the line between the lips
            const lips = Object.fromEntries(Object.entries(VISEME_POSES).map(([name, pose]) => {
                const at = points(pose);
                const x = (column) => at[3 * (line + column)], y = (column) => at[3 * (line + column) + 1];
                return [name, { open: y(columns / 4) - y((3 * columns) / 4), wide: x(0) - x(columns / 2) }];
            }));
            return { lips, finite: rest.every(Number.isFinite) && colours.every(Number.isFinite) };
        }"""
    )
    assert shapes["finite"]
    lips = shapes["lips"]
    assert set(lips) == set(VISEMES)
    assert lips["sil"]["open"] == pytest.approx(0, abs=1e-6)
    assert lips["PP"]["open"] <= 0
    assert lips["aa"]["open"] > lips["E"]["open"] > lips["ih"]["open"] > 0.05
    assert lips["ou"]["wide"] < lips["oh"]["wide"] < lips["sil"]["wide"] < lips["ih"]["wide"]


DRAWN = """async () => {
    const { createAvatar } = await import("/src/avatar/index.ts");
    const canvas = document.body.appendChild(document.createElement("canvas"));
    window.heard = null;
    window.avatar = createAvatar(canvas, { clock: () => window.heard, theme: "dark" });
    avatar.visemes("t", [[0, 1000, "aa", 1]]);
}"""


def test_the_head_is_drawn_and_speaks(browser: Browser, url: str) -> None:
    with blank(browser, url) as page:
        page.emulate_media(reduced_motion="reduce")  # nothing but mouth and lids moves
        empty = picture(page)
        page.evaluate(DRAWN)
        closed = another(page, empty)
        page.evaluate("() => { window.heard = { turn: 't', position: 500 }; }")
        another(page, closed)
        for file, message in ((b"no avatar at all", "not a VRM"), (glb({}), "no humanoid")):
            with pytest.raises(Error, match=message):
                load(page, file)
        load(page, vrm1())


def picture(page: Page) -> bytes:
    """Of the lips, and not of the lids, which move now and then."""
    return page.screenshot(clip={"x": 60, "y": 170, "width": 200, "height": 100})


def another(page: Page, before: bytes) -> bytes:
    """Wait for a picture that is not the one before."""
    deadline = time.monotonic() + PATIENCE / 1000
    while (now := picture(page)) == before:
        assert time.monotonic() < deadline, "nothing changes"
    return now


def load(page: Page, file: bytes) -> None:
    page.evaluate(
        "async (file) => avatar.loadVrm(Uint8Array.from(atob(file), (c) => c.charCodeAt(0)).buffer)",
        base64.b64encode(file).decode(),
    )


WORN = """async ([file, looks]) => {
    const { loadVrm } = await import("/src/avatar/vrm.ts");
    const { atRest } = await import("/src/avatar/mouth.ts");
    const figure = await loadVrm(Uint8Array.from(atob(file), (c) => c.charCodeAt(0)).buffer);
    const still = {
        mouth: atRest(), emotions: { happy: 0, sad: 0, angry: 0, surprised: 0, relaxed: 0 }, blink: 0, brows: 0,
        gaze: { yaw: 0, pitch: 0 }, head: { yaw: 0, pitch: 0, roll: 0 },
        lean: 0, shrug: 0, breath: 0, hand: { up: 0, turn: 0 },
    };
    let face, head, arm;
    figure.root.traverse((each) => {
        if (each.morphTargetInfluences) face = each;
        if (each.name === "head") head = each;
        if (each.name === "leftLowerArm") arm = each;
    });
    const worn = looks.map((look) => {
        figure.wear({ ...still, ...look, mouth: { ...still.mouth, ...look.mouth } }, 1 / 60);
        figure.root.updateMatrixWorld(true);
        return { weights: [...face.morphTargetInfluences], front: head.matrixWorld.elements.slice(8, 11) };
    });
    return { worn, eyes: figure.eyes.toArray(), arm: arm.matrixWorld.elements[13] };
}"""


@pytest.mark.parametrize("file", [vrm1(), vrm0()], ids=["1.0", "0.x"])
def test_a_vrm_speaks_blinks_smiles_and_turns(page: Page, file: bytes) -> None:
    emotions = {"happy": 0.7, "sad": 0, "angry": 0, "surprised": 0, "relaxed": 0}
    looks: list[Any] = [
        {"mouth": {"sil": 0, "aa": 0.9}},
        {"mouth": {"sil": 0, "CH": 1}, "blink": 1, "emotions": emotions},
        {"head": {"yaw": 0.5, "pitch": 0, "roll": 0}},
        {"head": {"yaw": 0, "pitch": 0.5, "roll": 0}},
    ]
    shown = page.evaluate(WORN, [base64.b64encode(file).decode(), looks])
    speaking, smiling, turned, raised = shown["worn"]
    assert dict(zip(MOVED, speaking["weights"], strict=True)) == pytest.approx(dict.fromkeys(MOVED, 0) | {"aa": 0.9})
    expected = dict.fromkeys(MOVED, 0) | {"ou": 0.45, "ih": 0.1, "blink": 1, "happy": 0.7}
    assert dict(zip(MOVED, smiling["weights"], strict=True)) == pytest.approx(expected)
    way = 1 if file == vrm1() else -1  # the bones of version 0.x look backwards
    assert way * turned["front"][0] > 0.4
    assert way * turned["front"][2] > 0.8
    assert way * raised["front"][1] > 0.4
    assert shown["eyes"] == pytest.approx([0, 1.56, 0.08], abs=0.01)
    assert shown["arm"] < 1.25  # hangs down
