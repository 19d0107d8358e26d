"""One turn on the page: what was said, how it sounded and looked, what was understood, and where the time went."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from models.face import VISEMES
from pipeline.packets import Expression, Gesture, Partial
from pipeline.runners.replay.page.drawing import LANE, STRIP, envelope, lane, mouth, wave
from pipeline.runners.replay.page.markup import Markup, element, together
from pipeline.runners.replay.page.scene import UNFINISHED, Scene, Track, clock
from pipeline.runtime.record import Fate, Record
from pipeline.runtime.waterfall import Span

FATES = {
    Fate.ANSWERED.value: ("✓", "answered"),
    Fate.INTERRUPTED.value: ("✂", "interrupted"),
    Fate.SUPERSEDED.value: ("↷", "the user went on"),
    Fate.DROPPED.value: ("∅", "not meant for the avatar"),
    Fate.FAILED.value: ("✗", "failed"),
    UNFINISHED: ("…", "the journal ends here"),
}
"""A sign and words for each fate."""
STEPS = (0.5, 1.0, 2.0, 5.0, 10.0, 20.0, 60.0, 120.0, 600.0)
"""Seconds between two marks of a time axis."""


def card(scene: Scene) -> Markup:
    """The article about one turn."""
    record = scene.record
    words = record.transcript.text if record.transcript else ""
    return element(
        "article",
        element(
            "header",
            element("span", scene.number, class_="number"),
            element("h2", f"“{words}”" if words else "(no words)", class_=None if words else "none"),
            _fate(scene.fate),
            class_="asked",
        ),
        _answer(scene),
        element("p", f"{record.error}", class_="wrong") if record.error else None,
        *(element("p", note, class_="wrong") for note in scene.notes),
        _figure(scene),
        element("div", _captions(scene), _meaning(record), _waterfall(scene), class_="columns"),
        id=f"turn-{scene.number}",
        class_=f"turn {scene.fate}",
    )


def _fate(fate: str) -> Markup:
    sign, words = FATES[fate]
    return element("span", element("b", sign, aria_hidden="true"), f" {words}", class_="fate")


def _answer(scene: Scene) -> Markup | None:
    """The reply; the part that was never heard is struck out."""
    reply = scene.record.reply.strip()
    if not reply:
        return None
    heard = reply
    if scene.fate in (Fate.INTERRUPTED, Fate.FAILED):
        heard = scene.record.heard.strip() if reply.startswith(scene.record.heard.strip()) else ""
    rest = reply[len(heard) :]
    return element("p", heard, element("s", rest, title="never heard") if rest else None, class_="answer")


# --- sound and mouth -----------------------------------------------------------------------------------------------


def _figure(scene: Scene) -> Markup:
    seconds = scene.end - scene.start
    rows = [
        _row("you", _user(scene, seconds), _captions_track(scene)) if scene.user else None,
        _row("avatar", _avatar(scene, seconds), _words_track(scene)) if scene.answer else None,
        _row("mouth", _mouth(scene, seconds)) if scene.answer and scene.record.visemes else None,
        _row("face", _face_track(scene)) if scene.answer and scene.record.face else None,
    ]
    if not any(rows):
        return together()
    return element(
        "div",
        element("div", *rows, _moments(scene), _axis(seconds), class_="figure", style=f"--seconds:{seconds:.2f}"),
        class_="scroll",
        tabindex="0",
        role="group",
        aria_label=f"Sound of {seconds:.1f} seconds: the user's, the avatar's, and the avatar's mouth and face",
    )


def _row(name: str, *parts: Markup) -> Markup:
    return element("div", element("span", name, class_="lane-name"), *parts, class_=f"row {name}")


def _user(scene: Scene, seconds: float) -> Markup:
    return lane(seconds, LANE, *_waves(scene.user, scene.start, "said"))


def _avatar(scene: Scene, seconds: float) -> Markup:
    return lane(seconds, LANE, *_waves(scene.answer, scene.start, "spoken", scene.cut))


def _waves(track: Track | None, origin: float, class_: str, cut: float = float("inf")) -> Iterator[Markup]:
    """Give the curves of the sound before `cut` and after it."""
    if track is None:
        return
    split = round(max(0.0, min(cut, track.end) - track.start) * track.sample_rate)
    for samples, start, kind in (
        (track.samples[:split], track.start, class_),
        (track.samples[split:], track.start + split / track.sample_rate, "unheard"),
    ):
        if samples.size:
            yield wave(envelope(samples, track.sample_rate), start - origin, kind)


def _mouth(scene: Scene, seconds: float) -> Markup:
    assert scene.answer is not None  # noqa: S101  for mypy
    start = scene.answer.start - scene.start
    shown = [viseme for viseme in scene.record.visemes if scene.answer.start + viseme.start < scene.cut]
    return lane(seconds, STRIP, *mouth(shown, start))


def _captions_track(scene: Scene) -> Markup:
    """The words of each caption that the one before did not have, under the sound that brought them."""
    assert scene.user is not None  # noqa: S101  for mypy
    cells, before, left = [], "", scene.user.start
    transcript = scene.record.transcript
    captions = [(partial.text, partial.end) for partial in scene.partials]
    captions += [(transcript.text, transcript.end)] if transcript else []
    for text, end in captions:
        if new := fresh(before, text):
            cells.append(_cell(new, scene, left, end))
            left, before = end, text
    return element("div", *cells, class_="track")


def _words_track(scene: Scene) -> Markup:
    assert scene.answer is not None  # noqa: S101  for mypy
    starts = [(piece.text.strip(), scene.answer.start + piece.start) for piece in scene.speech if piece.text.strip()]
    ends = [*(start for _, start in starts[1:]), scene.answer.end]
    cells = [_cell(text, scene, start, end) for (text, start), end in zip(starts, ends, strict=True)]
    return element("div", *cells, class_="track")


def _face_track(scene: Scene) -> Markup:
    """Each look until the next one begins, with the gestures that are made in it."""
    assert scene.answer is not None  # noqa: S101  for mypy
    looks = [packet for packet in scene.record.face if isinstance(packet, Expression)]
    gestures = [packet for packet in scene.record.face if isinstance(packet, Gesture)]
    ends = [*(look.start for look in looks[1:]), scene.answer.end - scene.answer.start]
    cells = []
    for look, end in zip(looks, ends, strict=True):
        made = [gesture.name for gesture in gestures if look.start <= gesture.start < end]
        begins, stops = scene.answer.start + look.start, min(scene.answer.start + end, scene.cut)
        if begins < stops:
            cells.append(_cell(", ".join([look.name, *made]), scene, begins, stops))
    return element("div", *cells, class_="track")


def _cell(text: str, scene: Scene, start: float, end: float) -> Markup:
    return element("span", text, title=f"{clock(start)} to {clock(end)}: {text}", style=_place(scene, start, end))


def _place(scene: Scene, start: float, end: float) -> str:
    whole = scene.end - scene.start
    left, width = (start - scene.start) / whole, max(0.0, end - start) / whole
    return f"left:{left:.2%};width:{width:.2%}"


def fresh(before: str, text: str) -> str:
    """The words of `text` from the first that `before` does not have on; case and punctuation make no difference."""
    old, new = before.split(), text.split()
    same = 0
    for one, other in zip(old, new, strict=False):
        if _letters(one) != _letters(other):
            break
        same += 1
    return " ".join(new[same:])


def _letters(word: str) -> str:
    return "".join(char for char in word.casefold() if char.isalnum())


def _moments(scene: Scene) -> Markup:
    """Lines at the moments when the user finished, and when an answer was cut."""
    record = scene.record
    moments = [("finished", record.finished, "the user finished")]
    if scene.fate == Fate.INTERRUPTED and scene.answer:
        moments.append(("cut", scene.cut, "interrupted"))
    return together(
        *(
            element("i", class_=f"moment {name}", title=title, style=f"left:{_share(scene, at):.2%}")
            for name, at, title in moments
            if at is not None and scene.start <= at <= scene.end
        )
    )


def _share(scene: Scene, at: float) -> float:
    return (at - scene.start) / (scene.end - scene.start)


def _axis(seconds: float) -> Markup:
    marks = [element("span", f"{at:g} s", style=f"left:{at / seconds:.2%}") for at in ticks(seconds, 12)]
    return element("div", *marks, class_="axis", aria_hidden="true")


def ticks(seconds: float, most: int) -> list[float]:
    """Round times from 0 on, as dense as `most` of them allow."""
    step = next((step for step in STEPS if seconds / step <= most), STEPS[-1])
    return [step * i for i in range(int(seconds / step) + 1) if step * i < seconds * 0.94]


# --- what was understood -------------------------------------------------------------------------------------------


def _captions(scene: Scene) -> Markup:
    """Every caption with its time, so that revisions can be followed."""
    transcript = scene.record.transcript
    lines = [(partial.end, partial.text) for partial in _changes(scene.partials)]
    rows = [(f"{end - scene.start:.2f} s", text) for end, text in lines]
    if transcript:
        rows.append((f"{transcript.end - scene.start:.2f} s", transcript.text))
    return _section(
        "Captions", "captions", [element("tr", element("th", at), element("td", text)) for at, text in rows]
    )


def _changes(partials: Sequence[Partial]) -> Iterator[Partial]:
    text = ""
    for partial in partials:
        if partial.text != text:
            yield partial
        text = partial.text


def _meaning(record: Record) -> Markup:
    rows: list[tuple[str, str]] = []
    for intent in record.intents:
        act = "" if intent.act == "do" else f"{intent.act} "
        rows.append(("intent", f"{act}{intent.name} ({intent.confidence:.2f})"))
        rows += [(name, str(value)) for name, value in intent.slots.items()]
    for outcome in record.outcomes:
        rows.append(("task", f"{outcome.task}: {outcome.status}"))
        rows += [("result", outcome.say)] if outcome.say else []
        rows += list(outcome.facts.items())
        for action in outcome.actions:
            values = ", ".join(f"{name} {value}" for name, value in action.args.items())
            rows.append(("action", f"{action.kind} {values}".strip()))
    return _section("Meaning", "meaning", [_pair(name, value) for name, value in rows])


def _pair(name: str, value: str) -> Markup:
    return element("tr", element("th", name, scope="row"), element("td", value))


def _waterfall(scene: Scene) -> Markup:
    whole = max((span.end for span in scene.spans), default=0.0)
    lines = [_bar(span, whole, scene.steps.get(span.name, span.name)) for span in scene.spans] if whole else []
    if lines and scene.record.sounded is not None:
        total = element("td", element("b", f"{whole * 1000:.0f} ms"), class_="ms")
        lines.append(element("tr", element("th", "first sound", scope="row"), element("td"), total))
    return _section("From the last word on", "waterfall", lines)


def _bar(span: Span, whole: float, step: str) -> Markup:
    style = f"margin-left:{span.start / whole:.2%};width:{span.seconds / whole:.2%}"
    return element(
        "tr",
        element("th", span.name, scope="row"),
        element("td", element("i", class_=f"bar s-{step}", style=style), class_="bars"),
        element("td", f"{span.seconds * 1000:.0f} ms", class_="ms"),
    )


def _section(title: str, class_: str, rows: Sequence[Markup]) -> Markup:
    if not rows:
        return together()
    return element("section", element("h3", title), element("table", element("tbody", *rows)), class_=class_)


def legend() -> Markup:
    """The legend of the mouth's colours."""
    shapes = [element("span", element("i", class_=f"swatch v-{name}"), name, class_="key") for name in VISEMES]
    return element("p", "Mouth shapes: ", *shapes, class_="legend")
