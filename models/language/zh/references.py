"""Chinese words that refer to something that was named, shown or done before."""

from __future__ import annotations

import re

from models.language.references import Reference

_ORDINALS = {"一": 1, "1": 1, "二": 2, "2": 2, "三": 3, "3": 3, "四": 4, "4": 4, "五": 5, "5": 5}
_MEASURE = "[个只本张把件杯台块朵顶盏种样]"
_ONE = rf"(?:的?那{_MEASURE}|的)"
_ORDINAL = re.compile(rf"(?:那)?第([{''.join(_ORDINALS)}])(?:{_MEASURE}|处)?(?:地方|东西)?$")
_LAST = re.compile(rf"最后(?:那|一|那一)?(?:{_MEASURE}|处)?(?:地方|东西)?$")
_KINDS = (
    (re.compile(rf"(?:(?:刚才|刚刚)?(?:这|那|同一|一样的)一?{_MEASURE}?|刚才(?:说|讲)的那?{_MEASURE}?)$"), "same"),
    (re.compile(rf"(?:再来|再要|再|多|又)?(?:[一两三四五]|\d+){_MEASURE}(?:一样的)?$"), "another"),
    (re.compile(rf"(?:比较|更|最)?(?:便宜|实惠)(?:一?点|一?些)?{_ONE}$"), "cheaper"),
    (re.compile(rf"(?:比较|更|最)?贵(?:一?点|一?些)?{_ONE}$"), "dearer"),
    (re.compile(rf"(?:另外|另|其他)(?:的|那)?一?{_MEASURE}?$"), "other"),
    (re.compile(rf"(?:我|你|我们)?(?:刚才|刚刚|刚)?(?:买|拿|卖|要)的(?:那)?(?:一)?{_MEASURE}?$"), "deed"),
)


def reference(plain: str) -> Reference | None:
    """What the plain words refer to; None for a name."""
    if found := _ORDINAL.match(plain):
        return Reference("ordinal", _ORDINALS[found[1]])
    if _LAST.match(plain):
        return Reference("ordinal", -1)
    return next((Reference(kind) for pattern, kind in _KINDS if pattern.match(plain)), None)  # type: ignore[arg-type]
