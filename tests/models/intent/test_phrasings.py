"""The labelled set of intent recognition: large enough, apart from the examples, and labelled with what there is."""

from __future__ import annotations

import re
from collections import Counter

import pytest
from support.phrasings import Phrasing, canonical, read_phrasings, slot_counts

from models.language.finding import find_language
from models.protocols import UNKNOWN, Intent
from models.task.skills import Skills

EN = find_language("en")


CARDS = {card.name: card for card in Skills(world=":memory:").skills()}
PARTS = {part: read_phrasings(part) for part in ("calibration", "heldout")}
EVERY = [phrasing for part in PARTS.values() for phrasing in part]


def test_there_are_enough_of_every_intent() -> None:
    counts = Counter(phrasing.intent for phrasing in EVERY)
    assert counts.keys() <= CARDS.keys() | {UNKNOWN}
    assert sum(counts.values()) >= 180
    assert sum(count >= 12 for count in counts.values()) >= 15
    assert counts[UNKNOWN] >= 30


def test_no_phrasing_is_there_twice() -> None:
    assert Counter(EN.plain(phrasing.text) for phrasing in EVERY).most_common(1)[0][1] == 1


def test_no_phrasing_is_an_example_or_an_example_with_its_slots_filled() -> None:
    for phrasing in EVERY:
        card = CARDS.get(phrasing.intent)
        for example in card.examples if card else ():
            pattern = r" ?\S.*".join(re.escape(EN.plain(part)) for part in re.split(r"\{\w+\}s?", example))
            assert not re.fullmatch(pattern, EN.plain(phrasing.text)), (phrasing.text, example)


def test_slots_are_those_of_the_skills() -> None:
    for phrasing in EVERY:
        slots = {slot.name for slot in CARDS[phrasing.intent].slots} if phrasing.intent != UNKNOWN else set()
        assert phrasing.slots.keys() <= slots, phrasing.text


@pytest.mark.parametrize(
    ("answer", "counts"),
    [
        (Intent("timer", {"duration": 60, "label": "The tea!"}), (2, 0, 0)),
        (Intent("timer", {"duration": 60}), (1, 0, 0)),
        (Intent("timer", {"duration": 30}), (0, 1, 1)),
        (Intent("timer"), (0, 0, 1)),
        (Intent("buy", {"duration": 60}), (0, 1, 1)),
        (Intent("timer", {"duration": 60, "label": "egg"}), (1, 1, 0)),
        (Intent("timer", {"duration": 60, "item": "map"}), (1, 1, 0)),
    ],
)
def test_slots_are_counted_as_found_invented_and_missed(answer: Intent, counts: tuple[int, int, int]) -> None:
    wanted = {"duration": frozenset({"60"}), "label": frozenset({"", canonical("the tea")})}
    assert slot_counts(answer, Phrasing("a minute for the tea", "timer", wanted)) == counts
