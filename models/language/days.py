"""Days that are told from today: ``tomorrow``, ``saturday``. Every language gives them by the same codes."""

from __future__ import annotations

NEAR = {"day before yesterday": -2, "yesterday": -1, "today": 0, "tomorrow": 1, "day after tomorrow": 2}
"""Days from today, by the code of the day."""
WEEKDAYS = ("monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday")
"""The codes of the days of the week. Each means the next such day, which may be today."""
CODES = frozenset((*NEAR, *WEEKDAYS))


def days_ahead(code: str, weekday: int) -> int:
    """How many days from now the day with this code is, on a weekday that counts from Monday, 0."""
    return NEAR[code] if code in NEAR else (WEEKDAYS.index(code) - weekday) % 7
