"""Sums and conversions in English words."""

from __future__ import annotations

import re

from models.language.sums import Conversion, Sum

_N = r"-?\d+(?:,\d{3})*(?:\.\d+)?"
_VALUE = rf"(?:{_N}|\([^()]*(?:\([^()]*\)[^()]*)*\))"


def _either(phrases: str) -> str:
    """A pattern for one of the phrases, which commas part; spaces beside a line break do not count."""
    return "(?:" + "|".join(phrase.strip() for phrase in phrases.replace("\n", ",").split(",") if phrase.strip()) + ")"


_LEAD = re.compile(
    "^(?:"
    + _either(
        """and, so, okay, ok, hey, please, um+, uh+, er+, well, now, then, quick, math, question, ada, tell me, do you
        know, can, could, would, will, you, i need, i want, to know, need, me, know, work out, figure out, calculate
        compute
        evaluate, solve, what is, what's, whats, what are, how much is, how much are, how much, how many is
        what do you get, what does, what would, what do, what, if i, if you, when i, when you, the answer to
        the result of, the value of, give me, help me with, the, is, be, does, do"""
    )
    + r"\b[\s,:]*)+"
)
_TAIL = re.compile(
    r"(?:[\s,]+"
    + _either(
        """please, equal, equals, make, makes, come to, give, gives, get, for me, exactly, roughly, about, then, again
        ada, thanks, thank you, do i get, do you get, is that, what is that, what's that, what is it
        what does that make
        how much is that"""
    )
    + r")*[\s?.!=,]*$"
)
_HALVES = {"half": "0.5", "(?:third|3rd)": "(1/3)", "quarter": "0.25", "(?:fifth|5th)": "0.2", "(?:tenth|10th)": "0.1"}

# Each rule turns words into an expression; the first that fits is applied, again and again. Inner values come first.
_RULES: tuple[tuple[re.Pattern[str], str], ...] = tuple(
    (re.compile(pattern), replacement)
    for pattern, replacement in (
        (rf"\b(?:the )?square root of ({_VALUE})", r"(\1**0.5)"),
        (rf"\broot of ({_VALUE})", r"(\1**0.5)"),
        (rf"\b(?:the )?cube root of ({_VALUE})", r"(\1**(1/3))"),
        (rf"({_VALUE}) (?:squared|to the second power)", r"(\1**2)"),
        (rf"({_VALUE}) (?:cubed|to the third power)", r"(\1**3)"),
        (rf"({_VALUE}) (?:raised )?to the (?:power of |power )?({_N})(?:th|st|nd|rd)?(?: power)?", r"(\1**\2)"),
        (rf"({_VALUE}) ?(?:%|percent|per cent) off(?: of)? ({_VALUE})", r"(\2*(1-\1/100))"),
        (rf"({_VALUE}) ?(?:%|percent|per cent)(?: tip)? (?:of|on|from) ({_VALUE})", r"(\1/100*\2)"),
        (rf"\b(?:double|twice) ({_VALUE})", r"(2*\1)"),
        (rf"\btriple ({_VALUE})", r"(3*\1)"),
        *((rf"\b(?:a |one |1 )?{word} of ({_VALUE})", rf"({value}*\1)") for word, value in _HALVES.items()),
        (rf"({_VALUE}) as a (?:percentage|percent) of ({_VALUE})", r"(\1*100/\2)"),
        (rf"\badd(?: up| together)? ({_VALUE}), ({_VALUE}),? and ({_VALUE})", r"(\1+\2+\3)"),
        (rf"\b(?:the )?average of ({_VALUE}) and ({_VALUE})", r"((\1+\2)/2)"),
        (rf"\btimes does ({_VALUE}) (?:go|fit) (?:in|into) ({_VALUE})", r"(\2/\1)"),
        (rf"\b(?:the )?sum of ({_VALUE}) and ({_VALUE})", r"(\1+\2)"),
        (rf"\b(?:the )?product of ({_VALUE}) and ({_VALUE})", r"(\1*\2)"),
        (rf"\b(?:the )?difference (?:between|of) ({_VALUE}) and ({_VALUE})", r"(\1-\2)"),
        (rf"\b(?:add) ({_VALUE}) (?:and|to) ({_VALUE})", r"(\1+\2)"),
        (rf"\b(?:subtract|take) ({_VALUE}) (?:away )?from ({_VALUE})", r"(\2-\1)"),
        (rf"\bmultiply ({_VALUE}) (?:by|with|and) ({_VALUE})", r"(\1*\2)"),
        (rf"\b(?:divide|split) ({_VALUE}) (?:\w+ )?(?:by|between|among|into|amongst) ({_VALUE})", r"(\1/\2)"),
        (rf"({_VALUE}) ?(?:times|multiplied by|multiplied with) ?({_VALUE})", r"(\1*\2)"),
        (
            rf"({_VALUE}) ?(?:\w+ )?(?:divided by|divided|over|(?:split|shared) (?:by|between|among|amongst|into|with))"
            rf" ?({_VALUE})",
            r"(\1/\2)",
        ),
        (rf"({_VALUE}) ?(?:plus|added to|and) ?({_VALUE})", r"(\1+\2)"),
        (rf"({_VALUE}) ?(?:minus|less|take away|subtract|take) ?({_VALUE})", r"(\1-\2)"),
    )
)  # fmt: skip
_SIGNS = (
    (re.compile(r"(?<=\d) ?(?:×|\*|x) ?(?=-?\d)"), " times "),
    (re.compile(r"(?<=\d) ?[÷/] ?(?=-?\d)"), " divided by "),
    (re.compile(r"(?<=\d) ?\+ ?(?=-?\d)"), " plus "),
    (re.compile(r"(?<=\d) ?[-−–] ?(?=\d)"), " minus "),
)
_PEOPLE = re.compile(r"\b(?:coins?|people|persons?|friends|ways|of us|kids|children|dollars?|euros?|pounds?|apples?)\b")

_UNITS = {
    name: unit
    for unit, names in {
        "degC": "celsius, degrees celsius, degree celsius, centigrade, c",
        "degF": "fahrenheit, degrees fahrenheit, degree fahrenheit, f",
        "foot": "foot, feet, ft",
        "inch": "inch, inches",
        "stone": "stone, stones",
        "mile/hour": "miles per hour, mile per hour, mph",
        "km/hour": "kilometres per hour, kilometers per hour, kilometre per hour, kph, kmh",
        "m/s": "metres per second, meters per second",
        "kilogram": "kilos, kilo, kilogramme, kilogrammes",
        "gram": "grammes",
        "pound": "lb, lbs",
        "ounce": "oz",
        "liter": "litre, litres",
        "fluid_ounce": "fluid ounce, fluid ounces",
        "meter**2": "square metres, square meters",
        "foot**2": "square feet",
        "mile**2": "square miles",
        "km**2": "square kilometres, square kilometers",
        "milliliter": "cc",
        "second": "sec",
        "minute": "min",
        "hour": "hr, hrs",
        "month": "months",
        "nautical_mile": "nautical mile, nautical miles",
        "decade": "decade, decades",
        "century": "century, centuries",
        "tonne": "metric tons, metric tonnes",
        "ton": "tons",
        "365*day": "year, years",
        "366*day": "leap year",
    }.items()
    for name in names.split(", ")
}
"""Units by the names that pint does not know them by. A year is an ordinary one."""
_PLAIN_UNITS = """
    nanometer micrometer millimeter centimeter meter kilometer millimetre centimetre metre kilometre mile yard gram
    milligram kilogram tonne ton pound ounce kelvin second minute hour day week fortnight month liter milliliter
    millilitre centiliter centilitre deciliter gallon quart pint cup tablespoon teaspoon knot acre hectare joule calorie
    kilojoule kilocalorie watt kilowatt bit byte kilobyte megabyte gigabyte terabyte
    millisecond mm cm m km kg g mg ml l yd
""".split()  # noqa: SIM905 - they can be read
_LONG = 2
"""Letters of the longest abbreviation. Abbreviations have no plural."""
_NAMES = {*_UNITS, *_PLAIN_UNITS, *(f"{unit}s" for unit in _PLAIN_UNITS if len(unit) > _LONG)}
_UNIT = "|".join(map(re.escape, sorted(_NAMES, key=len, reverse=True)))
_AMOUNT = rf"(?P<n>{_N}|\ban?|\bhalf an?)"
_FROM, _TO = rf"(?:degrees? )?(?P<unit>{_UNIT})\b", rf"(?:degrees? )?(?P<to>{_UNIT})\b"
_LINK = r"\b(?:in|to|into|makes?|make up|is|are|of|for|equals?|gives?|form)\b"
_CONVERSIONS = (
    # "how many minutes are in a day", "how many feet in 2 miles", "how many cups make a litre"
    re.compile(rf"\bhow (?:many|much) {_TO}.*?{_LINK} (?:there )?(?:in )?{_AMOUNT}? ?(?:a )?{_FROM}"),
    # "5 miles in kilometres", "convert 3 feet to metres", "what is 70 fahrenheit in celsius"
    re.compile(rf"{_AMOUNT}\s*{_FROM}.*?\b(?:in|into|to|as|is|are|equals?) (?:how many )?{_TO}"),
    # "in kilometres, how far is 5 miles", "how many degrees celsius is 70 fahrenheit"
    re.compile(rf"\b(?:in|how many|what is the) {_TO}.*?{_AMOUNT}\s*{_FROM}"),
)


def find_sum(text: str) -> Sum | None:
    """The arithmetical problem in a text; None where it holds none."""
    said = _TAIL.sub("", _LEAD.sub("", _digits(text)))
    said = re.sub(r"\bnegative (?=\d)|\bminus (?=\d)(?<!\d minus )", "-", said)
    worked = _PEOPLE.sub("", said)
    for sign, word in _SIGNS:
        worked = sign.sub(word, worked)
    worked = re.sub(r"\s+", " ", re.sub(r"(?<=\d),(?=\d{3}\b)", "", worked)).strip()
    changed = True
    while changed:
        changed = False
        for pattern, replacement in _RULES:
            worked, count = pattern.subn(replacement, worked, count=1)
            if count:
                changed = True
                break
    groups = [found for found in re.findall(r"-?\([-+*/().\d ]+\)", worked) if found.count("(") == found.count(")")]
    whole = re.fullmatch(r"[-+*/().\d ]+", worked) is not None
    expression = worked if whole and groups else max(groups, key=len, default="")
    if not expression:
        return None
    return Sum(expression.replace(" ", ""), said.strip() if whole else "")


def find_conversion(text: str) -> Conversion | None:
    """The conversion that a text asks for; None where it asks for none."""
    plain = _digits(text)
    for pattern in _CONVERSIONS:
        if found := pattern.search(plain):
            amount, unit = _amount(found["n"]), found["unit"]
            wanted = found["to"]
            return Conversion(amount, _pint(unit), _pint(wanted), _counted(amount, unit), _plural(wanted))
    return None


def _digits(text: str) -> str:
    from text_to_num import alpha2digit  # not before there is something to read

    plain = text.lower().replace("’", "'").replace("what's", "what is").replace("how's", "how is").replace("-", " - ")
    plain = re.sub(r"(?<=\w) - (?=\w)", lambda found: "-", plain)
    plain = re.sub(r"(?<=[a-z])-(?=[a-z])", " ", plain)
    plain = re.sub(r"\ba (hundred|thousand|million|dozen)\b", r"one \1", plain)
    plain = str(alpha2digit(plain, "en", threshold=0))
    plain = re.sub(r"\b(\d+) and a half\b", lambda found: f"{int(found[1]) + 0.5:g}", plain)
    plain = re.sub(r"(?<=\d) point (?=\d)", ".", plain)
    plain = re.sub(r"\b(?:one|1) dozen\b", "12", plain) if "how many" not in plain else plain
    return re.sub(r"\s+", " ", plain).strip(" ?.!")


def _amount(said: str | None) -> float:
    if not said or said in ("a", "an", "the", "one"):
        return 1.0
    return 0.5 if said.startswith("half") else float(said.replace(",", ""))


def _pint(unit: str) -> str:
    return _UNITS.get(unit, unit.removesuffix("s") if len(unit) > 3 else unit)


def _counted(amount: float, unit: str) -> str:
    number = f"{amount:g}"
    if unit in ("celsius", "fahrenheit", "c", "f", "centigrade"):
        return f"{number} degrees {unit.capitalize()}"
    return f"{number} {_singular(unit) if amount == 1 else _plural(unit)}"


def _singular(unit: str) -> str:
    return {"feet": "foot", "inches": "inch", "centuries": "century"}.get(unit, unit.removesuffix("s"))


def _plural(unit: str) -> str:
    if unit in ("celsius", "fahrenheit"):
        return f"degrees {unit.capitalize()}"
    irregular = {"foot": "feet", "feet": "feet", "inch": "inches", "century": "centuries", "stone": "stone"}
    return irregular.get(unit) or (unit if unit.endswith("s") or " " in unit or len(unit) < 3 else f"{unit}s")
