from __future__ import annotations

import numpy as np
import pytest
from support.needs import needing

from models.language.finding import find_language
from models.language.speakable import speakable
from models.protocols import Phoneme, Voiced
from models.tts.hibari import Hibari
from pipeline.devices.word_timing import Words

RATE = 1000


def voiced(*phonemes: tuple[str, float]) -> Voiced:
    """Sound of which only the length matters: symbols, and the seconds of each."""
    made, start = [], 0.0
    for symbol, duration in phonemes:
        made.append(Phoneme(symbol, start, duration))
        start += duration
    return Voiced(np.zeros(round(start * RATE), np.float32), RATE, tuple(made))


def mute(seconds: float) -> Voiced:
    return Voiced(np.zeros(round(seconds * RATE), np.float32), RATE)


def begins(words: Words) -> list[tuple[str, float]]:
    """Each word, and when it begins to the nearest 10 ms."""
    found: list[tuple[str, float]] = []
    heard = ""
    for hundredths in range(round(words.length * 100)):
        before = words.before(hundredths / 100 + 0.004)
        if before != heard:
            found.append((before[len(heard) :].strip(), hundredths / 100))
            heard = before
    return found


def test_as_many_words_spoken_as_written() -> None:
    words = Words()
    words.add(
        " Go — home, now. ", voiced((" ", 0.2), ("ɡoʊ", 0.2), (" ", 0.0), ("hoʊm", 0.3), (",", 0.1), ("naʊ", 0.3))
    )
    assert begins(words) == [("Go —", 0.2), ("home,", 0.4), ("now.", 0.8)]
    assert words.length == pytest.approx(1.1)


def test_a_number_is_several_words() -> None:
    words = Words()
    sounds = [*"sɛvən", " ", *"dɑlɚz", " ", *"ænd", " ", *"tu", " ", *"sɛnts", " ", *"lɛft"]
    words.add("$7.02 left", voiced(*((sound, 0.1 if sound != " " else 0.0) for sound in sounds)))
    assert begins(words) == [("$7.02", 0.0), ("left", 2.0)]


def test_a_voice_that_tells_no_phonemes() -> None:
    words = Words()
    words.add("one three", mute(0.8))
    assert begins(words) == [("one", 0.0), ("three", 0.3)]


def test_a_clause_in_several_pieces() -> None:
    words = Words()
    words.add("", mute(0.1))
    words.add("one three", mute(0.4))
    words.add("", mute(0.4))
    words.add(" four", mute(0.4))
    assert begins(words) == [("one", 0.1), ("three", 0.4), ("four", 0.9)]


def test_a_closing_picture_is_a_word() -> None:
    words = Words()
    words.add("Hi ", mute(0.3))
    words.add("\N{GRINNING FACE}", voiced((" ", 0.3)))
    assert begins(words) == [("Hi", 0.0), ("\N{GRINNING FACE}", 0.3)]


def test_chinese_is_heard_letter_by_letter() -> None:
    words = Words()
    words.add("你好，世界。", mute(0.8))
    assert begins(words) == [("你", 0.0), ("好，", 0.2), ("世", 0.4), ("界。", 0.6)]


def test_where_to_go_on() -> None:
    words = Words()
    words.add("Go home", voiced(("ɡoʊ", 0.2), (" ", 0.3), ("hoʊm", 0.3), (" ", 0.1)))
    assert words.whole(0.0) == 0.0
    assert words.whole(0.1) == 0.0
    assert words.whole(0.3) == 0.3, "between two words, none is cut"
    assert words.whole(0.7) == 0.5
    assert words.whole(0.799) == 0.799, "a word but for its last samples was heard"


def test_nothing_said_yet() -> None:
    words = Words()
    assert words.before(1.0) == ""
    assert words.whole(1.0) == 1.0


@pytest.mark.parametrize(
    ("text", "spoken"),
    [
        ("The market is to the north, behind the old stone bridge.", 11),
        ("It costs $3.50, doesn't it?", 9),
        ("Meet Dr. Smith at 10:30 on May 3rd.", 9),
    ],
)
def test_the_embedded_voice_tells_where_words_part(voice: Hibari, text: str, spoken: int) -> None:
    words = Words()
    symbols = []
    for index, piece in enumerate(voice.speak(speakable(text, find_language("en")))):
        words.add("" if index else text, piece)
        symbols += ["", *(phoneme.symbol for phoneme in piece.phonemes)]
    parted = "".join(symbol if symbol.strip() else " " for symbol in symbols).split()
    assert len(parted) == spoken
    assert [word for word, _ in begins(words)] == text.split()


@pytest.fixture(scope="module")
@needing("model")
def voice() -> Hibari:
    engine = Hibari()
    engine.load()
    return engine


def test_words_are_told_with_their_times_and_what_parts_them() -> None:
    words = Words()
    words.add("One two - ", voiced(("w", 0.1), ("ʌ", 0.2), (" ", 0.0), ("t", 0.1), ("u", 0.2)))
    words.add("\n\n三四。", mute(0.4))
    told = [(word.text, round(word.start, 3), round(word.end, 3)) for word in words.timed(10.0)]
    assert told == [("One", 10.0, 10.3), (" two -", 10.3, 10.6), (" 三", 10.6, 10.8), ("四。", 10.8, 11.0)]
    assert [word.text for word in words.latest()] == [" 三", "四。"]
    words.add("", mute(0.4))
    assert [round(word.end, 3) for word in words.latest(10.0)] == [11.0, 11.4], "its later pieces move them"
    assert not list(Words().latest())
