"""English numbers, amounts, dates, times, addresses and abbreviations in words.

num2words does the counting; what is here finds out what a group of digits means. Dates with slashes are read month
first, as the embedded voice is American. Initialisms stay in capitals: every English front end spells those.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from functools import cache
from typing import cast

Rule = tuple[re.Pattern[str], Callable[[re.Match[str]], str] | str]

MONTHS = (
    "January", "February", "March", "April", "May", "June",
    "July", "August", "September", "October", "November", "December",
)  # fmt: skip
UNITS = {
    "km": "kilometre", "cm": "centimetre", "mm": "millimetre", "m": "metre", "mi": "mile", "ft": "foot", "yd": "yard",
    "km²": "square kilometre", "m²": "square metre", "m³": "cubic metre",
    "kg": "kilogram", "mg": "milligram", "g": "gram", "lb": "pound", "lbs": "pound", "oz": "ounce",
    "ml": "millilitre", "l": "litre", "L": "litre",
    "h": "hour", "hr": "hour", "hrs": "hour", "min": "minute", "mins": "minute", "s": "second", "sec": "second",
    "secs": "second", "ms": "millisecond",
    "km/h": "kilometre per hour", "kph": "kilometre per hour", "mph": "mile per hour", "m/s": "metre per second",
    "kB": "kilobyte", "KB": "kilobyte", "MB": "megabyte", "GB": "gigabyte", "TB": "terabyte",
    "Hz": "hertz", "kHz": "kilohertz", "MHz": "megahertz", "GHz": "gigahertz", "W": "watt", "kW": "kilowatt",
    "kWh": "kilowatt hour", "V": "volt", "dB": "decibel", "kcal": "kilocalorie",
}  # fmt: skip
MONEY = {
    "$": ("dollar", "cent"), "£": ("pound", "penny"), "€": ("euro", "cent"), "¥": ("yen", ""), "₹": ("rupee", ""),
    "USD": ("dollar", "cent"), "GBP": ("pound", "penny"), "EUR": ("euro", "cent"), "JPY": ("yen", ""),
    "¢": ("cent", ""),
}  # fmt: skip
PLURALS = {
    "foot": "feet", "penny": "pence", "yen": "yen",
    "hertz": "hertz", "kilohertz": "kilohertz", "megahertz": "megahertz", "gigahertz": "gigahertz",
}  # fmt: skip
ABBREVIATIONS = {
    "e.g.": "for example", "i.e.": "that is", "etc.": "et cetera", "vs.": "versus", "vs": "versus",
    "approx.": "approximately", "Dr.": "Doctor", "Mr.": "Mister", "Mrs.": "Missus", "Ms.": "Miz", "Prof.": "Professor",
    "Jr.": "Junior", "Sr.": "Senior", "Mt.": "Mount", "Ave.": "Avenue", "Rd.": "Road", "Blvd.": "Boulevard",
    "Dept.": "Department",
}  # fmt: skip
SIGNS = {
    "&": "and", "+": "plus", "=": "equals", "×": "times", "÷": "divided by", "@": "at", "<": "less than",
    ">": "more than", "≈": "about", "~": "about", "±": "plus or minus", "→": "to", "/": "or",
}  # fmt: skip
FRACTIONS = {"½": "1/2", "⅓": "1/3", "⅔": "2/3", "¼": "1/4", "¾": "3/4", "⅛": "1/8", "⅜": "3/8", "⅝": "5/8", "⅞": "7/8"}
MAGNITUDES = {"k": "thousand", "m": "million", "b": "billion", "bn": "billion"}

LONGEST_COUNT = 15
"""Digits; a longer number is read digit by digit."""


def spoken_english(text: str) -> str:
    """`text` with its digits, signs and abbreviations in words."""
    for pattern, words in _rules():
        text = pattern.sub(words, text)
    return text


def cardinal(number: str) -> str:
    """Words for a whole number or a decimal, its digits grouped by commas or not."""
    whole, _, fraction = number.replace(",", "").partition(".")
    words = _digits(whole) if len(whole) > LONGEST_COUNT else _words(int(whole))
    return f"{words} point {_digits(fraction)}" if fraction else words


def ordinal(number: str) -> str:
    """Words for a place in an order."""
    return _words(int(number.replace(",", "")), "ordinal")


def plural(phrase: str, number: str) -> str:
    """`phrase` as it stands behind `number`: miles per hour, kilowatt hours."""
    if number == "1":
        return phrase
    first, per, rest = phrase.partition(" per ")
    head, space, noun = first.rpartition(" ")
    return head + space + PLURALS.get(noun, noun + "s") + per + rest


def _words(number: int, kind: str = "cardinal") -> str:
    from num2words import num2words  # loads thirty languages

    words = cast(str, num2words(number, to=kind, lang="en"))
    return words.replace(",", "").replace("-", " ")


def _year(number: str) -> str:
    return _words(int(number), "year")


def _digits(number: str) -> str:
    return " ".join(_words(int(digit)) for digit in number)


def _decade(found: re.Match[str]) -> str:
    words = _year(found[1])
    return words.removesuffix("y") + "ies" if words.endswith("y") else words + "s"


def _money(found: re.Match[str]) -> str:
    number, magnitude = found["number"], (found["magnitude"] or "").strip()
    unit, part = MONEY[found["sign"].strip()]
    if magnitude:
        return f"{cardinal(number)} {MAGNITUDES.get(magnitude.lower(), magnitude)} {plural(unit, number + magnitude)}"
    whole, _, cents = number.partition(".")
    if not part or len(cents) not in (0, 2):
        return f"{cardinal(number)} {plural(unit, number)}"
    said = []
    if whole != "0" or not cents.strip("0"):
        said.append(f"{cardinal(whole)} {plural(unit, whole)}")
    if cents.strip("0"):
        said.append(f"{cardinal(cents)} {plural(part, cents.lstrip('0'))}")
    return " and ".join(said)


def _time(found: re.Match[str]) -> str:
    hour, minute, second, half = found["hour"], found["minute"] or "00", found["second"], found["half"]
    if int(hour) > 24 or int(minute) > 59:
        return found[0]
    said = cardinal(hour)
    if minute != "00":
        said += f" {'oh ' if minute[0] == '0' else ''}{cardinal(minute)}"
    elif not half:
        said += " o'clock" if 0 < int(hour) <= 12 else " hundred"
    if second:
        said += f" and {cardinal(second)} {plural('second', second)}"
    return said + (f" {half.upper()}M" if half else "")


def _month(name: str) -> str:
    return MONTHS[int(name) - 1] if name.isdigit() else next(month for month in MONTHS if month.startswith(name[:3]))


def _date(found: re.Match[str]) -> str:
    month, day, year = found["month"], found["day"], found["year"]
    if (month.isdigit() and not 1 <= int(month) <= 12) or not 1 <= int(day) <= 31:
        return found[0]
    return f"{_month(month)} {ordinal(day)}" + (f", {_year(year)}" if year else "")


def _day_of_month(found: re.Match[str]) -> str:
    return f"the {ordinal(found['day'])} of {_month(found['month'])}"


def _fraction(found: re.Match[str]) -> str:
    whole, above, below = found["whole"], found["above"], found["below"]
    if int(above) >= int(below):
        return f"{cardinal(above)} {cardinal(below)}"  # twenty four seven
    name = {"2": "half", "4": "quarter"}.get(below) or ordinal(below)
    return f"{cardinal(whole) + ' and ' if whole else ''}{cardinal(above)} {plural(name, above)}"


def _degrees(found: re.Match[str]) -> str:
    scale = {"C": " Celsius", "F": " Fahrenheit"}.get(found["scale"] or "", "")
    return f"{'minus ' if found['minus'] else ''}{cardinal(found['number'])} {plural('degree', found['number'])}{scale}"


def _telephone(found: re.Match[str]) -> str:
    return ", ".join(_digits(group) for group in re.findall(r"\d+", found[0]))


def _address(found: re.Match[str]) -> str:
    """A web or mail address without what nobody would read out."""
    end = re.search(r"[.,;:!?)]*$", found[0])
    place = found[0][: end.start()] if end else found[0]
    place = re.sub(r"^(?:https?://|mailto:)?(?:www\.)?|[?#].*$|/$", "", place)
    for sign, word in {".": "dot", "@": "at", "/": "slash", "-": "dash", "_": "underscore", ":": "colon"}.items():
        place = place.replace(sign, f" {word} ")
    return place + (end[0] if end else "")


@cache
def _rules() -> tuple[Rule, ...]:
    """What to replace, in this order: the particular before the general."""

    def rule(pattern: str, words: Callable[[re.Match[str]], str] | str) -> Rule:
        return re.compile(pattern), words

    number = r"(?P<number>\d{1,3}(?:,\d{3})+(?:\.\d+)?|\d+(?:\.\d+)?)"
    begin = r"(?<![\w.,])"
    month = rf"(?P<month>{'|'.join(MONTHS)}|{'|'.join(name[:3] for name in MONTHS)}|Sept)\b"
    day = r"(?P<day>0?[1-9]|[12]\d|3[01])(?:st|nd|rd|th)?\b"
    # The full stop of "p.m." may also be the one of the sentence, and stays then.
    half = r"\s?(?P<half>[AaPp])(?:[Mm]\b|\.\s?[Mm]\.(?=\s+[a-z])|\.\s?[Mm]\b)"
    units, abbreviations = _alternatives(UNITS), _alternatives(ABBREVIATIONS)
    verbs = r"(?:was|is|his|has|this|its|as)\b"

    return (
        rule("[’‘]", "'"),
        rule("[\u00a0\u202f]", " "),
        rule("[−‐‑]", "-"),
        rule(r"(?<=\d)?\s?([½⅓⅔¼¾⅛⅜⅝⅞])", lambda found: f" {FRACTIONS[found[1]]}"),
        rule(r"\b(?:https?://|www\.)\S+|(?<![\w.+-])[\w.+-]{1,64}@[\w-]{1,63}(?:\.[\w-]{1,63})+", _address),
        rule(r"(?<![\w-])[\w-]{1,63}\.(?:com|org|net|io|ai|dev|edu|gov)(?:/\S*)?(?!\w)", _address),
        rule(rf"(?<![\w.])(?:{abbreviations})(?!\w)", lambda found: ABBREVIATIONS[found[0]]),
        rule(r"\b[Nn]o\.\s?(?=\d)|(?<!\w)#(?=\d)|№\s?", "number "),
        # From one to another.
        rule(r"(?<=\d)(\s?[AaPp][Mm])?\s?[-–]\s?(?=[$£€]?\d+(?::\d\d|\s?[AaPp][Mm]\b|\.\d\d\b))", r"\1 to "),
        rule(r"(?<=\d)\s?[-–]\s?(?=[$£€]\d)", " to "),
        # Dates and times.
        rule(r"\b(?P<year>\d{4})-(?P<month>\d{2})-(?P<day>\d{2})\b", _date),
        rule(r"\b(?P<month>\d{1,2})/(?P<day>\d{1,2})/(?P<year>\d{4})\b", _date),
        rule(rf"\b{month}\.? {day}(?!:)(?:,? (?P<year>\d{{4}})\b)?", _date),
        rule(rf"\b(?:[Tt]he )?{day} (?:of )?{month}", _day_of_month),
        rule(rf"\b(?P<hour>\d{{1,2}}):(?P<minute>\d{{2}})(?::(?P<second>\d{{2}}))?(?:{half})?(?![:\d])", _time),
        rule(rf"\b(?P<hour>\d{{1,2}})(?P<minute>)(?P<second>){half}", _time),
        rule(
            rf"\b((?:[Ii]n|[Ss]ince|[Uu]ntil|[Bb]y|[Ff]rom|[Yy]ear|[Bb]efore|[Aa]fter|{'|'.join(MONTHS)}),? )"
            rf"((?:1[1-9]|20)\d\d)\b(?![,.:]\d|\s?[%°]|\s?(?:{units})\b| (?!{verbs})[a-z]+(?:s|people)\b)",
            lambda found: found[1] + _year(found[2]),
        ),
        rule(r"\b((?:1[1-9]|20)\d0)'?s\b", _decade),
        # Amounts.
        rule(
            rf"(?P<sign>[$£€¥₹]|\b(?:USD|GBP|EUR|JPY) )\s?{number}"
            r"(?P<magnitude>\s(?:hundred|thousand|million|billion|trillion)\b|(?:bn|[kKmMbB])\b)?",
            _money,
        ),
        rule(rf"{begin}{number}(?P<magnitude>)\s?(?P<sign>[¢€£]|(?:USD|GBP|EUR|JPY)\b)", _money),
        rule(rf"{begin}{number}\s?%", lambda found: f"{cardinal(found['number'])} percent"),
        rule(rf"{begin}(?P<minus>-)?{number}\s?°\s?(?P<scale>[CF]\b)?", _degrees),
        rule(
            rf"{begin}{number}\s?(?P<unit>{units})(?![\w/])",
            lambda found: f"{cardinal(found['number'])} {plural(UNITS[found['unit']], found['number'])}",
        ),
        rule(r"\b(\d{1,3}(?:,\d{3})+|\d+)(?:st|nd|rd|th)\b", lambda found: ordinal(found[1])),
        rule(r"(?<![\w./-])\d{3}-(?:\d{3}-)?\d{4}\b", _telephone),
        rule(r"(?<![\w./])(?:(?P<whole>\d+) )?(?P<above>\d{1,2})/(?P<below>[2-9]|10)(?![\w/]|\.\d)", _fraction),
        rule(r"(?<=\d)\s?[-–]\s?(?=\d)|(?<=\d):(?=\d)", " to "),
        rule(r"\b[vV]?(\d+(?:\.\d+){2,})", lambda found: " point ".join(cardinal(p) for p in found[1].split("."))),
        rule(rf"{begin}0\d+(?![\w.,])", lambda found: _digits(found[0])),
        rule(r"(?<![\w)])-(?=\d)", "minus "),
        rule(r"(?<=\d)\s?[x×]\s?(?=\d)", " by "),
        rule(r"(?<=[^\W\d_])(?=\d)", "-"),  # A-four: a lone A would be an article
        rule(r"(?<=\d)(?=[^\W\d_])", " "),
        rule(number, lambda found: cardinal(found["number"])),
        # Letters and signs.
        rule(r"\b([CF])#", r"\1 sharp"),
        rule("²", " squared"),
        rule("³", " cubed"),
        rule(r"\b[A-Z]{2,}(?:[ ,!?'-]+[A-Z]{2,}){2,}\b", lambda found: found[0].capitalize()),
        rule(r"(?<=\w)\s?\*\s?(?=\w)", " times "),
        rule(rf"[{re.escape(''.join(SIGNS))}]", lambda found: f" {SIGNS[found[0]]} "),
    )


def _alternatives(words: dict[str, str]) -> str:
    return "|".join(re.escape(word) for word in sorted(words, key=len, reverse=True))
