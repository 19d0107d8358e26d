"""Chinese for outcomes: lists, amounts, lengths of time, directions, and who is meant by 我."""

from __future__ import annotations

import math
from collections.abc import Sequence

from models.protocols import Position

_DIRECTIONS = ("正前方", "右前方", "右边", "右后方", "正后方", "左后方", "左边", "左前方")
"""Eighths of a circle around the user, clockwise."""
MEASURE = "个"
"""The measure word that goes with any thing in everyday speech."""
_UNITS = (("小时", 3600), ("分钟", 60), ("秒", 1))
_OTHER_SIDE = str.maketrans({"我": "你", "你": "我", "您": "我"})


def listed(parts: Sequence[str], joint: str = "和") -> str:
    """The parts, at least one, as a spoken list: ``一个地图、2个苹果和94个金币``."""
    *rest, last = parts
    return f"{'、'.join(rest)}{joint}{last}" if rest else last


def counted(number: int, unit: str, measure: str = "") -> str:
    """So many of a thing: ``12个金币``, ``2本书``."""
    return f"{number}{measure or MEASURE}{unit}"


def whereabouts(position: Position) -> str:
    """Direction and distance on the ground, from the user's origin: ``在你的左边，2米远``."""
    right, _, back = position
    metres = round(math.hypot(right, back))
    eighth = round(math.atan2(right, -back) / (math.pi / 4)) % 8
    return f"在你的{_DIRECTIONS[eighth]}，{f'{metres}米远' if metres else '不到1米'}"


def spoken_duration(seconds: int) -> str:
    """A length of time: ``1小时30分钟``."""
    said = ""
    for unit, length in _UNITS:
        number, seconds = divmod(seconds, length)
        said += f"{number}{unit}" if number else ""
    return said


def to_listener(text: str) -> str:
    """What the user said, said back to them: ``我妹妹认识你`` is ``你妹妹认识我``."""
    return text.strip().rstrip("。！？.!?").translate(_OTHER_SIDE)
