"""Numbers and lengths of time in Chinese characters, digits, and mixtures of both."""

from __future__ import annotations

import re
from collections.abc import Sequence

from models.language.words import Found, Word

UNITS = {
    "秒": 1, "秒钟": 1,
    "分": 60, "分钟": 60,
    "刻": 900, "刻钟": 900,
    "小时": 3600, "钟头": 3600,
    "天": 86_400,
    "周": 604_800, "星期": 604_800, "礼拜": 604_800,
}  # fmt: skip
"""Seconds in each unit of time."""

_DIGITS = "零〇一二两俩三仨四五六七八九"
_COLLOQUIAL = str.maketrans("俩仨", "两三")
_ABOUT = re.compile("一两|两三|二三|三四|三五|四五|五六|六七|七八|八九")  # so much or so much: no amount to act on
# "第一", "周三" and "万一" are no numbers, nor are "一下", "一起", "一样" and the like.
_NUMBER = (
    r"(?<![第周期拜万负下])(?P<minus>负|零下)?(?P<number>\d+(?:\.\d+)?[百千万亿]*"
    rf"|(?!一(?:下|起|样|点(?![{_DIGITS}])|定|直|些|边|般|旦|共|切|会儿|路))[{_DIGITS}十][{_DIGITS}十百千万亿]*(?:点[{_DIGITS}]+)?)"
)
_SHARE = re.compile(rf"(?P<below>[{_DIGITS}十百千万\d]+)分之(?P<above>[{_DIGITS}十百千万点\d.]+)")
_COUNT = re.compile(_NUMBER + r"(?P<half>个半)?|(?P<only>半)(?=个|打|斤|杯|块)")
_UNIT = r"(?P<unit>秒钟?|分钟?(?!之)|刻钟?|小时|钟头|天(?!气)|周|星期(?![一二三四五六日天])|礼拜(?![一二三四五六日天]))"
_LENGTH = re.compile(rf"(?:{_NUMBER}来?个?(?P<half>半)?|(?P<only>半)个?){_UNIT}(?P<more>半(?!个))?")
_JOINT = re.compile("[零又加和]")


def find_numbers(words: Sequence[Word]) -> list[Found[float]]:
    """Every number, in order: ``一百二十三``, ``两``, ``3万``, ``三点五``, ``一个半``."""
    text, places = _joined(words)
    found = []
    for share in _SHARE.finditer(text):
        below, above = _value(None, share["below"]), _value(None, share["above"])
        if below and above is not None:
            found.append(Found(above / below, places[share.start()], places[share.end() - 1] + 1))
    for number in _COUNT.finditer(_SHARE.sub(lambda share: "|" * len(share[0]), text)):
        value = 0.5 if number["only"] else _value(number["minus"], number["number"])
        if value is not None:
            more = 0.5 if number["half"] else 0.0
            found.append(Found(value + more, places[number.start()], places[number.end() - 1] + 1))
    return sorted(found, key=lambda number: number.first)


def find_durations(words: Sequence[Word]) -> list[Found[int]]:
    """Every length of time, in whole seconds: ``两分钟``, ``一个半小时``, ``一刻钟``, ``一小时二十分钟``."""
    text, places = _joined(words)
    found: list[Found[int]] = []
    end = -1
    for length in _LENGTH.finditer(text):
        value = 0.5 if length["only"] else _value(None, length["number"])
        if value is None or (length["number"] == "十" and length["unit"] == "分"):  # "十分" is "very"
            continue
        value += 0.5 * bool(length["half"]) + 0.5 * bool(length["more"])
        seconds, first = round(value * UNITS[length["unit"]]), places[length.start()]
        if found and _joins(text[end : length.start()]):
            last = found.pop()
            seconds, first = last.value + seconds, last.first
        end = length.end()
        found.append(Found(seconds, first, places[end - 1] + 1))
    return found


def _joins(between: str) -> bool:
    return not between or _JOINT.fullmatch(between) is not None


def _value(minus: str | None, number: str) -> float | None:
    from cn2an import cn2an  # takes a tenth of a second

    if _ABOUT.fullmatch(number):
        return None
    try:
        one = "一" if number[0] in "百千万" else ""  # a hundredth is 百分之一
        value = float(cn2an(one + number.translate(_COLLOQUIAL), "smart"))
    except ValueError:
        return None
    return -value if minus else value


def _joined(words: Sequence[Word]) -> tuple[str, list[int]]:
    """The words as one text, with a mark where something stood between two, and the word of each character."""
    text, places = "", list[int]()
    for at, word in enumerate(words):
        if at and word.start > words[at - 1].end:
            text, places = text + "|", [*places, at]
        plain = word.text.replace(",", "")
        text, places = text + plain, [*places, *[at] * len(plain)]
    return text, places
