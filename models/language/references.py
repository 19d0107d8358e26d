"""Words that stand for something that was named, shown or done before."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal


@dataclass(frozen=True, slots=True)
class Reference:
    """What words such as "it" or "the second one" refer to."""

    kind: Literal["same", "another", "ordinal", "cheaper", "dearer", "other", "deed", "place"]
    """``same``: what was named last. ``another``: one more of it. ``ordinal``: one of a list, by `index`. ``cheaper``
    and ``dearer``: one of a list, by its price. ``other``: the one that was named before the last. ``deed``: that with
    which something was done. ``place``: the place that was named last."""
    index: int = 0
    """The place in the list, from 1; -1 is the last."""
