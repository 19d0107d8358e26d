"""The page of a session: whole, self-contained, and safe whatever was said."""

from __future__ import annotations

import re
from collections import Counter
from html.parser import HTMLParser
from pathlib import Path

import numpy as np
import pytest

from models.face import VISEMES, Expression, Gesture, Viseme
from models.protocols import Action, Intent, Outcome, Voiced
from pipeline.graph.build import open_graph
from pipeline.packets import Audio, Partial, Reply, Speech, Text, Transcript
from pipeline.runners.replay.page.card import fresh, ticks
from pipeline.runners.replay.page.drawing import UNIT, envelope
from pipeline.runners.replay.page.markup import VOID, Markup, element
from pipeline.runners.replay.page.page import page
from pipeline.runners.replay.page.scene import clock, scene
from pipeline.runners.replay.report import as_page
from pipeline.runtime.journal import Crossing, Header, Recorded, RecordedTurn, read_journal
from pipeline.runtime.record import Fate, Record, State
from pipeline.stages.stage import Turn

EVIL = "</style><script>alert('x')</script><img src=x onerror=alert(1)> \"quoted\" & https://example.org"


class Outline(HTMLParser):
    """Checks that elements are closed in order, and counts them."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.open: list[str] = []
        self.seen: Counter[str] = Counter()
        self.attributes: list[tuple[str, str]] = []
        self.ids: list[str] = []
        self.feed(text)
        self.close()
        assert self.open == []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.seen[tag] += 1
        self.attributes += [(name, value or "") for name, value in attrs]
        self.ids += [value or "" for name, value in attrs if name == "id"]
        if tag not in VOID:
            self.open.append(tag)

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag


def crossing(at: float, node: str, packet: object) -> Crossing:
    return Crossing(at, node, packet, "", True)


LOOKS = (Gesture("wave", 0.1), Expression("happy", 0.0, 1.0, 0.8), Expression("sad", 0.3, 1.0, 0.8))


def recorded(words: str = "Hello.", fate: Fate | None = Fate.ANSWERED) -> Recorded:
    """A turn of one second of sound, and one that was typed; without a `fate` the first never ended."""
    noise = np.random.default_rng(1).uniform(-0.5, 0.5, 16_000).astype(np.float32)
    voiced = Voiced(noise[:12_000], 24_000)
    crossings = [
        crossing(2.0, "audio", Audio(noise, 16_000, 1.0)),
        crossing(1.6, "asr", Partial(words, 1.5)),
        crossing(2.1, "asr", Transcript(words, "en", 1.0, 2.0)),
        crossing(2.1, "intent", Intent(words, {words: words})),
        crossing(2.1, "task", Outcome(words, "done", words, {words: words}, (Action(words, {words: words}),))),
        crossing(2.1, "response", Reply(words)),
        crossing(2.2, "tts", Speech(voiced, 0.0, words)),
        *(crossing(2.2, "expression", each) for each in LOOKS),
        *(crossing(2.2, "lipsync", Viseme(name, 0.03 * i, 0.03, 0.5)) for i, name in enumerate(VISEMES)),
    ]
    spoken = RecordedTurn(Turn(f"talk/1{words}"), 1.0, crossings)
    if fate:
        spoken.record, spoken.ended = Record(f"talk/1{words}", fate=fate, began=1.0, finished=2.0, sounded=2.3), 2.5
        for each in crossings:
            spoken.record.observe(each.node, each.packet)
        spoken.record.heard = words
    typed = RecordedTurn(
        Turn("talk/2"), 3.0, [crossing(3.0, "audio", Text(words, 3.0))], Record("talk/2", began=3.0), 3.1
    )
    header = Header("2026-01-01T10:00:00+00:00", "0.1.0", "3.11", words, words, 16_000, ())
    states = [(1.0, State.LISTENING), (2.2, State.SPEAKING), (2.45, State.LISTENING)]
    return Recorded(Path("nowhere"), header, [spoken, typed], states, stopped="")


def drawn(session: Recorded) -> str:
    return as_page(session, open_graph("assistant"), None, "a note")


def test_a_real_session_is_drawn_whole(journal: Path) -> None:
    text = drawn(read_journal(journal))
    outline = Outline(text)
    assert outline.seen["article"] == 4
    assert len(outline.ids) == len(set(outline.ids))
    targets = {value.removeprefix("#") for name, value in outline.attributes if name == "href"}
    assert targets <= set(outline.ids)
    for word in ("“Where am I?”", "A telescope costs 120 coins.", "interrupted", "listening", "playback", "0 s"):
        assert word in text


def test_a_page_asks_nobody_for_anything(journal: Path) -> None:
    text = drawn(read_journal(journal))
    assert not re.search(r"https?:|//|url\(|@import|<script|<link|<img|<iframe", text)


@pytest.mark.parametrize("fate", [*Fate, None])
def test_what_was_said_never_becomes_structure(fate: Fate | None) -> None:
    outline = Outline(drawn(recorded(EVIL, fate)))
    assert {"script", "img", "iframe", "link"}.isdisjoint(outline.seen)
    assert outline.seen["style"] == 1
    assert not [name for name, _ in outline.attributes if name.startswith("on")]


def test_what_was_never_heard_is_struck_out() -> None:
    session = recorded("Here I am.", Fate.INTERRUPTED)
    assert session.turns[0].record is not None
    session.turns[0].record.heard = "Here"
    assert '<p class="answer">Here<s title="never heard"> I am.</s></p>' in drawn(session)
    assert "<s " not in drawn(recorded("Here I am."))


def test_an_interrupted_answer_ends_where_the_avatar_fell_silent() -> None:
    """Which is before the turn ended: what the user said had to be understood first."""
    session = recorded(fate=Fate.INTERRUPTED)
    assert scene(session, session.turns[0], open_graph("assistant"), ()).cut == pytest.approx(2.45)


def test_looks_and_gestures_stand_under_the_sound_as_far_as_it_was_heard() -> None:
    def shown(session: Recorded) -> list[str]:
        return re.findall(r'title="[^"]*: ((?:happy|sad)[^"]*)"', drawn(session))

    assert shown(recorded()) == ["happy, wave", "sad"]
    assert shown(recorded(fate=Fate.INTERRUPTED)) == ["happy, wave"]


def test_a_session_without_turns_is_a_page_too() -> None:
    Outline(page("Nothing", {"user": "ada"}, []))


def test_long_sessions_are_drawn_in_rows() -> None:
    session = recorded()
    hour = RecordedTurn(
        Turn("talk/9"), 3600.0, [crossing(3600.0, "audio", Audio(np.zeros(8000, np.float32), 16_000, 3600.0))]
    )
    session.turns.append(hour)
    text = drawn(session)
    assert text.count('class="line"') == 7
    assert "60:00.0" in text


def test_text_is_escaped_unless_it_is_markup() -> None:
    assert element("p", "<b>", Markup("<b></b>"), class_='"') == '<p class="&quot;">&lt;b&gt;<b></b></p>'
    assert element("meta", charset="utf-8", other=None) == '<meta charset="utf-8">'


def test_only_new_words_stand_under_the_sound() -> None:
    assert fresh("", "How much") == "How much"
    assert fresh("How much is the tough?", "how much is the telescope?") == "telescope?"
    assert fresh("Stop", "Stop.") == ""
    assert fresh("你好", "你好 世界") == "世界"


def test_an_envelope_has_the_loudest_sample_of_each_unit() -> None:
    samples = np.zeros(1000, np.float32)
    samples[[10, 999]] = [-0.5, 0.25]
    levels = envelope(samples, 16_000)
    assert levels.shape == (-(-1000 // round(16_000 * UNIT)),)
    assert levels.tolist() == [0.5, 0.0, 0.0, 0.25]
    assert envelope(np.zeros(0, np.float32), 16_000).size == 0


def test_an_axis_has_round_marks() -> None:
    assert ticks(3.0, 12) == [0.0, 0.5, 1.0, 1.5, 2.0, 2.5]
    assert len(ticks(1000.0, 5)) <= 6
    assert clock(61.26) == "1:01.3"
