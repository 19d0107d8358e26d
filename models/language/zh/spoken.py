"""Numbers, amounts, dates, times and units in Chinese characters, as they are read aloud; cn2an does the counting."""

from __future__ import annotations

import re
from collections.abc import Callable
from functools import cache
from typing import cast

Rule = tuple[re.Pattern[str], Callable[[re.Match[str]], str] | str]

UNITS = {
    "km/h": "公里每小时", "m/s": "米每秒", "km²": "平方公里", "m²": "平方米", "m³": "立方米",
    "km": "公里", "cm": "厘米", "mm": "毫米", "m": "米", "kg": "公斤", "mg": "毫克", "g": "克", "ml": "毫升", "L": "升",
    "l": "升", "h": "小时", "min": "分钟", "ms": "毫秒", "s": "秒", "kHz": "千赫", "MHz": "兆赫", "GHz": "吉赫",
    "Hz": "赫兹", "kW": "千瓦", "W": "瓦", "V": "伏", "dB": "分贝",
}  # fmt: skip
MONEY = {
    "¥": "元", "￥": "元", "$": "美元", "€": "欧元", "£": "英镑", "CNY": "元", "RMB": "元", "USD": "美元",
    "EUR": "欧元",
}  # fmt: skip
SIGNS = {
    "&": "和", "+": "加", "=": "等于", "×": "乘以", "÷": "除以", "<": "小于", ">": "大于", "≈": "约等于", "~": "约",
    "±": "正负", "→": "到",
}  # fmt: skip
_MEASURES = (
    "个只本张把件杯台位条块瓶种份次天年周分秒小点米公克元美欧英毫厘层间家名头匹朵枚颗段句篇座辆部支双套盏顶万千亿"
)
"""What is counted by 两 where there are two of it."""
LONGEST_COUNT = 15
"""Digits; a longer number is read digit by digit."""


def spoken_chinese(text: str) -> str:
    """`text` with its digits and signs in characters."""
    for pattern, words in _rules():
        text = pattern.sub(words, text)
    return text


def cardinal(number: str) -> str:
    """Characters for a whole number or a decimal, its digits grouped by commas or not."""
    from cn2an import an2cn  # takes a tenth of a second

    whole, _, fraction = number.replace(",", "").partition(".")
    words = digits(whole) if len(whole) > LONGEST_COUNT else cast(str, an2cn(str(int(whole)), "low"))
    return f"{words}点{digits(fraction)}" if fraction else words


def digits(number: str) -> str:
    """Every digit by itself, as of years and telephone numbers."""
    return number.translate(str.maketrans("0123456789", "零一二三四五六七八九"))


def _quantity(number: str) -> str:
    """A number before what it counts."""
    return "两" if number == "2" else cardinal(number)


def _date(found: re.Match[str]) -> str:
    month, day = int(found["month"]), int(found["day"])
    if not (1 <= month <= 12 and 1 <= day <= 31):
        return found[0]
    return f"{digits(found['year'])}年{cardinal(str(month))}月{cardinal(str(day))}日"


def _time(found: re.Match[str]) -> str:
    hour, minute, second = int(found["hour"]), int(found["minute"]), found["second"]
    if hour > 24 or minute > 59:
        return found[0]
    said = f"{_quantity(str(hour))}点"
    if minute == 30 and not second:
        return said + "半"
    if minute or second:
        said += f"{'零' if 0 < minute < 10 else ''}{cardinal(str(minute))}分"
    return said + (f"{cardinal(second)}秒" if second else "")


def _whole(number: str) -> str:
    """An amount of money without cents that are nought."""
    return number.rstrip("0").rstrip(".") if "." in number else number


def _percent(found: re.Match[str]) -> str:
    return "百分之" + ("百" if found["number"] == "100" else cardinal(found["number"]))


@cache
def _rules() -> tuple[Rule, ...]:
    """What to replace, in this order: the particular before the general."""

    def rule(pattern: str, words: Callable[[re.Match[str]], str] | str) -> Rule:
        return re.compile(pattern), words

    number = r"(?P<number>\d{1,3}(?:,\d{3})+(?:\.\d+)?|\d+(?:\.\d+)?)"
    begin = r"(?<![\d.,A-Za-z])"
    units = "|".join(re.escape(unit) for unit in sorted(UNITS, key=len, reverse=True))
    date = r"(?P<year>\d{4})(?P<sign>[-/.])(?P<month>\d{1,2})(?P=sign)(?P<day>\d{1,2})"
    return (
        rule("[０-９．％－]", lambda found: chr(ord(found[0]) - 0xFEE0)),  # full width
        rule(rf"{begin}{date}(?!\d)", _date),
        rule(r"(?<!\d)(\d{4}|\d{2})(?=年(?![前后来内]))", lambda found: digits(found[1])),
        rule(r"(?<!\d)(?P<hour>\d{1,2})[:：](?P<minute>\d{2})(?:[:：](?P<second>\d{2}))?(?!\d)", _time),
        rule(r"(?<!\d)0\d{2,3}-\d{7,8}(?!\d)", lambda found: digits(found[0].replace("-", "，"))),
        rule(r"(?<=\d)\s?[-–~～—]\s?(?=[¥￥$€£]?\d)", "到"),
        rule(
            rf"(?P<sign>[¥￥$€£]|\b(?:CNY|RMB|USD|EUR)\s)\s?{number}(?P<many>[百千万亿]*)",
            lambda found: _quantity(_whole(found["number"])) + found["many"] + MONEY[found["sign"].strip()],
        ),
        rule(rf"{begin}{number}\s?%", _percent),
        rule(rf"(?P<minus>[-−])?{number}\s?(?:°\s?(?P<scale>[CF]\b)?|(?P<sign>[℃℉]))", _degrees),
        rule(r"(?<![\d/])(?P<above>\d{1,3})/(?P<below>\d{1,3})(?![\d/])", _fraction),
        rule(rf"{begin}{number}\s?(?P<unit>{units})(?![A-Za-z/])", _measured),
        rule(r"(?<!\d)0\d+(?![\d.])|(?<!\d)1[3-9]\d{9}(?!\d)|\d{16,}", lambda found: digits(found[0])),
        rule(r"(?<=\d)[-](?=\d)", " "),
        rule(r"(?<![\w)])[-−](?=\d)", "负"),
        rule(rf"(?<![第\d.,]){number}(?=\s?[{_MEASURES}])", lambda found: _quantity(found["number"])),
        rule(number, lambda found: cardinal(found["number"])),
        rule(rf"[{re.escape(''.join(SIGNS))}]", lambda found: SIGNS[found[0]]),
    )


def _degrees(found: re.Match[str]) -> str:
    scale = found["scale"] or found["sign"] or ""
    name = "摄氏度" if scale in ("C", "℃") else "华氏度" if scale else "度"
    return f"{'零下' if found['minus'] else ''}{cardinal(found['number'])}{name}"


def _fraction(found: re.Match[str]) -> str:
    above, below = found["above"], found["below"]
    return f"{cardinal(below)}分之{cardinal(above)}" if int(above) < int(below) else found[0]


def _measured(found: re.Match[str]) -> str:
    return _quantity(found["number"]) + UNITS[found["unit"]]
