"""The measures of exchanges as data, in milliseconds, for tables, scripts and benchmarks."""

from __future__ import annotations

import json
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from pipeline.devices.files.atomic import replacing
from pipeline.devices.files.paths import ANSWER
from pipeline.devices.files.wav import write_wav
from pipeline.runners.headset.exchange import MeasuredExchange


def as_data(exchange: MeasuredExchange) -> dict[str, Any]:
    """The measures of one exchange; times in milliseconds."""
    return {
        "recording": exchange.name,
        "session": exchange.session,
        "heard": exchange.heard,
        "said": exchange.said,
        "fate": exchange.fate,
        "error": exchange.error,
        "first_audible_ms": _ms(exchange.first_audible),
        "server_latency_ms": _ms(exchange.latency),
        "gaps_ms": [_ms(gap) for gap in exchange.gaps],
        "lost_frames": exchange.lost,
        "buffer_ms": _ms(exchange.buffered),
        "mouth_skews_ms": [_ms(skew) for skew in exchange.skews],
        "mouth_late_ms": _ms(exchange.late),
        "sound_ms": _ms(exchange.seconds),
    }


def summary(exchanges: Sequence[MeasuredExchange]) -> dict[str, Any]:
    """The measures of all exchanges together; times in milliseconds."""
    return {
        "exchanges": len(exchanges),
        "answered": sum(one.fate == "answered" for one in exchanges),
        "first_audible_ms": spread(one.first_audible for one in exchanges),
        "buffer_ms": spread(one.buffered for one in exchanges),
        "mouth_skew_ms": spread(abs(skew) for one in exchanges for skew in one.skews),
        "mouth_late_ms": spread(one.late for one in exchanges),
        "gaps": sum(len(one.gaps) for one in exchanges),
        "largest_gap_ms": _ms(max((gap for one in exchanges for gap in one.gaps), default=0.0)),
        "lost_frames": sum(one.lost for one in exchanges),
    }


def spread(seconds: Iterable[float | None]) -> dict[str, float] | None:
    """Percentiles, in milliseconds, of the values that are not None."""
    values = [1000 * value for value in seconds if value is not None]
    if not values:
        return None
    points = np.percentile(values, [50, 90, 95, 100])
    return dict(zip(("p50", "p90", "p95", "max"), (round(float(point), 1) for point in points), strict=True))


def write(exchange: MeasuredExchange, folder: Path, name: str) -> None:
    """Write the sound into ``NAME.reply.wav``, and what was seen with it into ``NAME.json``. Raises MediaError."""
    write_wav(folder / f"{name}{ANSWER}", exchange.sound, exchange.sample_rate)
    seen = {
        "visemes": [[_ms(one.start), _ms(one.duration), one.name, one.weight] for one in exchange.visemes],
        "captions": [[_ms(at), text] for at, text in exchange.captions],
    }
    with replacing(folder / f"{name}.json") as draft:
        draft.write(json.dumps(as_data(exchange) | seen, ensure_ascii=False, indent=1).encode())


def _ms(seconds: float | None) -> float | None:
    return None if seconds is None else round(1000 * seconds, 1)
