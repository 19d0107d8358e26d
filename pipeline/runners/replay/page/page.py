"""The page: a title, the session at a glance, and its turns."""

from __future__ import annotations

import colorsys
from collections.abc import Mapping, Sequence
from importlib import resources

from models.face import VISEMES
from pipeline.graph.drawing.svg import HUES
from pipeline.runners.replay.page.card import FATES, card, legend, ticks
from pipeline.runners.replay.page.markup import Markup, element
from pipeline.runners.replay.page.scene import UNFINISHED, Scene, clock
from pipeline.runtime.record import Fate

ROWS = 8
"""The most rows in which a session is drawn."""
LENGTHS = (60.0, 120.0, 300.0, 600.0, 1800.0)
"""Seconds that a row may hold."""
SHOWN = frozenset((Fate.ANSWERED, Fate.INTERRUPTED, Fate.FAILED, UNFINISHED))
"""The fates of turns that have an article; the overview shows all turns."""


def page(title: str, facts: Mapping[str, str], scenes: Sequence[Scene], note: str = "") -> str:
    """The HTML document. `facts` stand under the title; `note` gives the result of the replay."""
    head = element(
        "head",
        element("meta", charset="utf-8"),
        element("meta", name="viewport", content="width=device-width, initial-scale=1"),
        element("meta", name="color-scheme", content="light dark"),
        element("title", title),
        element("style", _style()),
    )
    body = element(
        "body",
        element(
            "header",
            element("h1", title),
            element("dl", *(element("div", element("dt", name), element("dd", fact)) for name, fact in facts.items())),
            element("p", note, class_="note") if note else None,
        ),
        _overview(scenes),
        element("main", *(card(scene) for scene in scenes if scene.fate in SHOWN)),
        element("footer", legend()),
    )
    return f"<!doctype html>\n{element('html', head, body, lang='en')}\n"


def _overview(scenes: Sequence[Scene]) -> Markup:
    """Who spoke when, in rows that read like lines of text."""
    if not scenes:
        return element("p", "No turn was recorded.")
    whole = max(max(scene.end, scene.ended) for scene in scenes)
    length = next((length for length in LENGTHS if whole / length <= ROWS), LENGTHS[-1])
    length = min(length, whole)
    count = max(1, -int(-whole // length))
    rows = [_overview_row(scenes, row * length, length) for row in range(count)]
    counts = ", ".join(
        f"{number} {words}" for fate, (_, words) in FATES.items() if (number := sum(s.fate == fate for s in scenes))
    )
    return element(
        "section",
        element("h2", "Who spoke when"),
        *rows,
        element("p", counts, class_="legend"),
        class_="overview",
    )


def _overview_row(scenes: Sequence[Scene], start: float, length: float) -> Markup:
    blocks = []
    for scene in scenes:
        if scene.user:
            blocks.append(_block(scene, "said", (scene.user.start, scene.user.end), (start, length)))
        if scene.answer and scene.fate in SHOWN:
            blocks.append(_block(scene, "spoken", (scene.answer.start, scene.cut), (start, length)))
    marks = [element("span", clock(start + at), style=f"left:{at / length:.2%}") for at in ticks(length, 5)]
    return element(
        "div",
        element("div", *blocks, class_="lanes"),
        element("div", *marks, class_="axis", aria_hidden="true"),
        class_="line",
    )


def _block(scene: Scene, kind: str, when: tuple[float, float], row: tuple[float, float]) -> Markup | None:
    """The time in which the user or the avatar spoke, with a link to the turn; None where it lies in another row."""
    start, length = row
    left, right = max(when[0], start), min(when[1], start + length)
    if left >= right:
        return None
    fate = scene.fate
    who = "you" if kind == "said" else "avatar"
    return element(
        "a" if fate in SHOWN else "span",
        scene.number if fate in SHOWN and kind == "said" else None,
        href=f"#turn-{scene.number}" if fate in SHOWN else None,
        class_=f"{kind} {fate}",
        style=f"left:{(left - start) / length:.2%};width:{(right - left) / length:.2%}",
        title=f"{who}, {clock(when[0])} to {clock(when[1])}: {FATES[fate][1]}",
    )


def _style() -> Markup:
    """The style sheet, and the colours of steps and mouth shapes: those of steps are the ones that graphs are drawn
    in."""
    text = resources.files(__package__).joinpath("page.css").read_text(encoding="utf-8")
    steps = [f".s-{step}{{background:{_colour(hue, 0.55, 0.52)}}}" for step, hue in HUES.items()]
    shapes = [f".v-{name}{{--shape:{_shape(place)}}}" for place, name in enumerate(VISEMES)]
    return Markup("\n".join([text, *steps, *shapes]))


def _shape(place: int) -> str:
    """Silence is grey; the closed and narrow shapes are cool, the open ones warm."""
    if place == 0:
        return _colour(220, 0.08, 0.6)
    return _colour((190 + (place - 1) * 17) % 360, 0.6, 0.55)


def _colour(hue: float, saturation: float, lightness: float) -> str:
    red, green, blue = colorsys.hls_to_rgb(hue / 360, lightness, saturation)
    return f"#{round(red * 255):02x}{round(green * 255):02x}{round(blue * 255):02x}"
