"""Written text to words that a voice can say."""

from __future__ import annotations

import pytest

from models.language.clauses import beginning, sentences
from models.language.finding import find_language
from models.language.language import Language
from models.language.speakable import speakable

EN = find_language("en")


SPOKEN = [
    # Numbers.
    ("You have 12 coins.", "You have twelve coins."),
    ("1 coin, 0 coins", "one coin, zero coins"),
    ("It is 1,250 metres.", "It is one thousand two hundred and fifty metres."),
    ("10,000,000", "ten million"),
    ("3.14", "three point one four"),
    ("It is 3.5.", "It is three point five."),
    ("-5", "minus five"),
    ("007", "zero zero seven"),
    ("12345678901234567890"[:16], "one two three four five six seven eight nine zero one two three four five six"),
    ("3rd place, 21st, the 2,500th", "third place, twenty first, the two thousand five hundredth"),
    ("1/2 cup, 3/4", "one half cup, three quarters"),
    ("1½ cups", "one and one half cups"),
    ("open 24/7", "open twenty four seven"),
    ("3-5 days", "three to five days"),
    ("2x3", "two by three"),
    ("No. 5 and #1", "number five and number one"),
    ("v2.0.1", "two point zero point one"),
    ("call 555-1234", "call five five five, one two three four"),
    ("A4, MP3, 3D", "A-four, MP-three, three D"),
    # Money.
    ("That costs $3.50 and $1.", "That costs three dollars and fifty cents and one dollar."),
    (
        "$3.2 million, £5bn and $1.5k",
        "three point two million dollars, five billion pounds and one point five thousand dollars",
    ),
    ("€1.01, £0.01, £0.20", "one euro and one cent, one penny, twenty pence"),
    ("50¢, 20 €, USD 5, ¥100", "fifty cents, twenty euros, five dollars, one hundred yen"),
    ("$5-$10", "five dollars to ten dollars"),
    ("$0 or $0.00", "zero dollars or zero dollars"),
    # Times and dates.
    ("It's 7:30 pm.", "It's seven thirty PM."),
    ("At 14:05 or 12:00", "At fourteen oh five or twelve o'clock"),
    ("10 a.m. is fine", "ten AM is fine"),
    ("It is 10 p.m. Then it rained.", "It is ten PM. Then it rained."),
    ("9pm-5am, 9:00-17:00", "nine PM to five AM, nine o'clock to seventeen hundred"),
    ("12:30:45", "twelve thirty and forty five seconds"),
    ("2024-03-05", "March fifth, twenty twenty four"),
    ("3/5/2024", "March fifth, twenty twenty four"),
    ("March 5, 2024 and Dec. 1st", "March fifth, twenty twenty four and December first"),
    ("on the 5 March", "on the fifth of March"),
    ("In 1984, 1984 people", "In nineteen eighty four, one thousand nine hundred and eighty four people"),
    ("in 2000 steps", "in two thousand steps"),
    ("In 1984 it was", "In nineteen eighty four it was"),
    ("the 1990s and 2000s", "the nineteen nineties and two thousands"),
    # Units.
    ("5 km, 1kg, 0.5 l", "five kilometres, one kilogram, zero point five litres"),
    (
        "20°C, -3 °C, 1°, 70 °F",
        "twenty degrees Celsius, minus three degrees Celsius, one degree, seventy degrees Fahrenheit",
    ),
    (
        "60 mph, 100 km/h, 5 ft, 9 kWh",
        "sixty miles per hour, one hundred kilometres per hour, five feet, nine kilowatt hours",
    ),
    ("12 m²", "twelve square metres"),
    ("50%, 2.5 %", "fifty percent, two point five percent"),
    # Letters and signs.
    ("e.g. Dr. Smith vs. Mr. Jones", "for example Doctor Smith versus Mister Jones"),
    ("NASA and the FBI use GPS", "NASA and the FBI use GPS"),
    ("STOP RIGHT THERE! do NOT go", "Stop right there! do NOT go"),
    ("A & B, 2+2=4", "A and B, two plus two equals four"),
    ("C++ and C#", "C plus plus and C sharp"),
    ("and/or", "and or or"),
    ("See https://www.example.com/a-b?c=d.", "See example dot com slash a dash b."),
    ("Mail me@example.org!", "Mail me at example dot org!"),
    ("W. B. Yeats, U.S.", "W. B. Yeats, U.S."),
    # Markdown.
    ("**Bold** and *it* and `code`, ~~no~~", "Bold and it and code, no"),
    ("# Heading\n- one\n- two", "Heading. one. two"),
    ("1. First\n2. Second.", "one. First. two. Second."),
    ("[a link](http://x.y) ![a picture](u)", "a link a picture"),
    ("Look:\n```python\nprint(1)\n```\nDone.", "Look: Done."),
    ("| a | b |\n|---|---|\n| 1 | 2 |", "a, b. one, two"),
    ("<b>hi</b> there", "hi there"),
    ("an **unclosed mark", "an unclosed mark"),
    ("snake_case", "snake case"),
    # Pictures.
    ("Hi 😊👍🏽!", "Hi!"),
    ("👨‍👩‍👧 family ❤️ 🇬🇧", "family"),
    ("ﬂ\u200bo\x00w", "ﬂ o w"),
]


@pytest.mark.parametrize(("written", "spoken"), SPOKEN)
def test_what_is_said(written: str, spoken: str) -> None:
    assert speakable(written, EN) == spoken


@pytest.mark.parametrize("written", [written for written, _ in SPOKEN])
def test_twice_is_once(written: str) -> None:
    assert speakable(speakable(written, EN), EN) == speakable(written, EN)


@pytest.mark.parametrize("text", ["", " ", "\n", "...", "?!", "😊", "***", "---", "```\ncode\n```", "( )"])
def test_nothing_to_say(text: str) -> None:
    assert speakable(text, EN) == ""


def test_a_language_without_words_for_numbers_leaves_them() -> None:
    assert speakable("**pomoj** 12 😊", Language()) == "pomoj 12"


def test_long_nonsense_ends() -> None:
    for sign in ("*", "_", "-", " ", "\n", "1", "a.", "1,", "[", "![", "<a", "|", "`", "(", "1-", "$", "#", "a@", "a-"):
        assert len(speakable(sign * 2_000, EN)) < 40_000


@pytest.mark.parametrize(
    ("text", "parts"),
    [
        ("One. Two! Three?", ["One. ", "Two! ", "Three?"]),
        ("Dr. Smith met W. B. Yeats. They spoke.", ["Dr. Smith met W. B. Yeats. ", "They spoke."]),
        ("It is 3.5 km away, e.g. there.", ["It is 3.5 km away, e.g. there."]),
        ('"Yes." He left.', ['"Yes." ', "He left."]),
        ("one\ntwo", ["one\n", "two"]),
        ("你好。再见！", ["你好。", "再见！"]),
        ("", []),
    ],
)
def test_sentences(text: str, parts: list[str]) -> None:
    assert list(sentences(text, EN)) == parts
    assert "".join(sentences(text, EN)) == text


def test_the_beginning_is_not_too_short() -> None:
    text = "Sure, I can do that, if you want me to, now."
    assert beginning(text, EN, 1) == "Sure, "
    assert beginning(text, EN, 12) == "Sure, I can do that, "
    assert beginning("Yes, no.", EN, 12) == "Yes, no."
