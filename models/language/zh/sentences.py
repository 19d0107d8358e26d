"""Chinese for outcomes: lists, amounts and lengths of time."""

from __future__ import annotations

from collections.abc import Sequence

_UNITS = (("小时", 3600), ("分钟", 60), ("秒", 1))


def listed(parts: Sequence[str], joint: str = "和") -> str:
    """The parts, at least one, as a spoken list: ``一个地图、2个苹果和94个金币``."""
    *rest, last = parts
    return f"{'、'.join(rest)}{joint}{last}" if rest else last


def counted(number: int, unit: str) -> str:
    """So many of a thing: ``12个金币``; 个 goes with any thing in everyday speech."""
    return f"{number}个{unit}"


def spoken_duration(seconds: int) -> str:
    """A length of time: ``1小时30分钟``."""
    parts = []
    for unit, length in _UNITS:
        number, seconds = divmod(seconds, length)
        if number:
            parts.append(f"{number}{unit}")
    return "".join(parts)
