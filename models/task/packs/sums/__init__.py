"""Sums and conversions of units. A library computes them, and never a language model."""

from __future__ import annotations

import re
from functools import cache
from typing import Annotated, Any, TypeAlias

from models.kinds import CONVERSION, SUM
from models.protocols import Request
from models.task.sentences import Say
from models.task.skill import Hint, Outcome, done, refused, skill

DIGITS = 12
"""Digits before the point of the largest number that is said; nobody can follow more by ear."""
_POWERS = 400
"""Characters that an expression may have."""

Problem: TypeAlias = Annotated[str, SUM]
"""An arithmetical problem, as the user said it."""
Amount: TypeAlias = Annotated[str, CONVERSION]
"""A conversion of units, as the user said it."""


@skill(effects=False)
def calculate(request: Request, say: Say, problem: Annotated[Problem, Hint("the sum, in the user's words")]) -> Outcome:
    """Work out a sum: arithmetic, percentages, powers and roots."""
    return _solve(request, say, problem)


@skill(effects=False)
def convert(
    request: Request, say: Say, problem: Annotated[Amount, Hint("the amount and both units, in the user's words")]
) -> Outcome:
    """Convert an amount from one unit into another."""
    return _solve(request, say, problem)


def _solve(request: Request, say: Say, problem: str) -> Outcome:
    """The answer to a sum or to a conversion, whichever the words hold."""
    for text in (problem, request.text):
        if wanted := say.language.find_conversion(text):
            return _convert(say, wanted.amount, wanted.unit, wanted.wanted, wanted.said, wanted.wanted_said)
        if found := say.language.find_sum(text):
            return _calculate(say, found.expression, found.said)
    return refused(say("unread"))


def _calculate(say: Say, expression: str, said: str) -> Outcome:
    try:
        if len(expression) > _POWERS:
            raise OverflowError
        floats = re.sub(r"\d+(?:\.\d+)?", lambda number: str(float(number.group())), expression)
        result = complex(_registry().parse_expression(floats))  # of whole numbers a power may fill the memory
    except ZeroDivisionError:
        return refused(say("zero"))
    except (OverflowError, MemoryError):
        return refused(say("large"))
    if result.imag or abs(result.real) >= 10**DIGITS:
        return refused(say("none" if result.imag else "large"))
    answer = _rounded(result.real)
    return done(say("is", problem=said, answer=answer) if said else say("that", answer=answer), answer=answer)


def _convert(say: Say, amount: float, unit: str, wanted: str, said: str, wanted_said: str) -> Outcome:
    import pint

    units = _registry()
    try:
        result = units.Quantity(amount, units.parse_units(unit)) if "*" not in unit else amount * units(unit)
        target = units.parse_units(wanted) if "*" not in wanted else units(wanted)
        answer = float((result / target).to("") if "*" in wanted else result.to(target).magnitude)
    except (pint.PintError, OverflowError):
        return refused(say("unlike", amount=said, unit=wanted_said))
    number = _rounded(answer)
    return done(say("converts", amount=said, answer=number, unit=wanted_said), answer=number)


def _rounded(number: float) -> str:
    """A number with the digits that one wants to hear."""
    if abs(number - round(number)) < 1e-9:
        return str(round(number))
    return f"{number:.2f}".rstrip("0").rstrip(".") if abs(number) >= 0.01 else f"{number:.2g}"


@cache
def _registry() -> Any:
    """The library's units; made when the first problem comes, for it takes 0.3 s."""
    import pint

    return pint.UnitRegistry(autoconvert_offset_to_baseunit=True)
