"""English words that refer to something that was named, shown or done before."""

from __future__ import annotations

import re

from models.language.references import Reference

_ORDINALS = {"first": 1, "second": 2, "third": 3, "fourth": 4, "fifth": 5, "last": -1}
_ONE = r"(?: ones?| of (?:them|those|these))?"
_THEM = "(?:of (?:it|them|those|these))"
_SAME = re.compile(
    rf"(?:(?:this|that|the same) ?(?:one|thing)?|(?:these|those) ones|the one|this one here|one {_THEM})$"
)
_NUMBER = r"(?:two|three|four|five|\d+)"
_ANOTHER = re.compile(rf"(?:another(?: one)?|one more|{_NUMBER} more|some more|more(?: {_THEM})?|one)$")
_ORDINAL = re.compile(rf"(?:the )?({'|'.join(_ORDINALS)}){_ONE}$")
_CHEAPER = re.compile(rf"(?:the )?(?:cheaper|cheapest|less expensive|least expensive){_ONE}$")
_DEARER = re.compile(rf"(?:the )?(?:dearer|dearest|pricier|priciest|more expensive|most expensive|expensive){_ONE}$")
_OTHER = re.compile(rf"(?:the )?other{_ONE}$")
_DEED = re.compile(
    r"(?:the )?(?:ones?|things?|what) (?:that )?(?:i|we|you) (?:just |already |have |had )*\w+"
    r"(?: (?:for me|before|earlier|just now))?$"
)
_KINDS = (
    (_SAME, "same"),
    (_ANOTHER, "another"),
    (_CHEAPER, "cheaper"),
    (_DEARER, "dearer"),
    (_OTHER, "other"),
    (_DEED, "deed"),
)


def reference(plain: str) -> Reference | None:
    """What the plain words refer to; None for a name."""
    if found := _ORDINAL.match(plain):
        return Reference("ordinal", _ORDINALS[found[1]])
    return next((Reference(kind) for pattern, kind in _KINDS if pattern.match(plain)), None)  # type: ignore[arg-type]
