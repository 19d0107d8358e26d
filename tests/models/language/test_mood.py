"""Moods: what sentences do with the deeds that they name."""

from __future__ import annotations

from pathlib import Path

import pytest
import yaml

from models.language.finding import language_of
from models.language.mood import Mood

SAID: dict[str, dict[str, list[str]]] = yaml.safe_load(
    (Path(__file__).parents[2] / "data" / "moods.yaml").read_text(encoding="utf-8")
)
EVERY = [
    (language, Mood(mood), *text.partition(" => ")[::2])
    for language, moods in SAID.items()
    for mood, texts in moods.items()
    for text in texts
]


@pytest.mark.parametrize(("language", "mood", "text", "part"), EVERY, ids=[text for _, _, text, _ in EVERY])
def test_the_mood_of_a_sentence(language: str, mood: Mood, text: str, part: str) -> None:
    told = language_of(text, language).mood(text)
    assert told.mood is mood
    if part or mood is Mood.ORDER:
        assert told.part == (part or text)


@pytest.mark.parametrize(("language", "least"), [("en", 80), ("zh", 25)])
def test_there_are_enough_sentences_and_half_of_them_order(language: str, least: int) -> None:
    count = sum(map(len, SAID[language].values()))
    assert count >= least
    assert len(SAID[language]["order"]) >= 0.35 * count


def test_words_in_another_language_are_taken_for_orders() -> None:
    assert language_of("Kauf keine Laterne.", "de").mood("Kauf keine Laterne.").mood is Mood.ORDER
    assert language_of("Kauf keine Laterne.", "de").mood_answers == {}


def test_chinese_characters_are_chinese_whatever_the_language_is_said_to_be() -> None:
    assert language_of("别买灯笼。", "en").mood("别买灯笼。").mood is Mood.NEGATED
    assert language_of("别买灯笼。", "en").mood_answers[Mood.NEGATED] == "好的，我不会的。"


@pytest.mark.parametrize("text", ["", "  ", "...", "?!"])
def test_no_words_order_nothing(text: str) -> None:
    assert language_of(text, "en").mood(text).mood is Mood.STRAY


def test_every_mood_that_can_hold_back_a_deed_has_an_answer() -> None:
    silent = set(Mood) - language_of("buy a map", "en").mood_answers.keys()
    assert silent == {Mood.ORDER, Mood.BROKEN_OFF}
    assert set(Mood) - language_of("买地图", "zh").mood_answers.keys() == silent


def test_a_long_speech_is_read_quickly() -> None:
    speech = "and then i went to the market " * 300
    assert language_of(speech, "en").mood(speech).mood is Mood.REPORTED
