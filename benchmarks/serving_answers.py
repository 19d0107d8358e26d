"""Measures answers as a headset hears them: how soon they begin, and how they fare over a bad network."""

from __future__ import annotations

import asyncio
import itertools
import statistics
import sys
from collections.abc import Sequence
from typing import Any

import answering
from serving import served
from sounds import Clip

from pipeline.devices.files.decoding import SAMPLE_RATE
from pipeline.graph.graph import Graph
from pipeline.runners.headset.exchange import measure_exchange
from pipeline.runners.headset.headset import Headset
from pipeline.runners.headset.network import PERFECT, Impairment
from pipeline.wire import from_client

WIFI = Impairment(loss=0.03, jitter=0.04, delay=0.002)
"""The network in a spot of a house where the Wi-Fi is bad."""
EVERY = 2
"""Of the utterances, each so-manieth is said: a second and a third way to say it take the time of the others."""
TALKS = 4
"""Answers that are heard over a bad network; half as many are heard over a good one."""

_numbers = itertools.count(1)


async def push_to_talk(graph: Graph, name: str, clips: Sequence[Clip], ways: Sequence[str]) -> dict[str, Any]:
    """Measure from the key's release to the first audible sample, over each of `ways` (``ws``, ``webrtc``) and in
    `parley talk`. They run in turn, so that all meet the same machine."""
    took: dict[str, list[float]] = {way: [] for way in (*ways, "talk")}
    async with served(name) as server:
        for place, clip in enumerate([clips[0], *clips[::EVERY]]):
            for way, values in took.items():
                if way == "talk":
                    found = (await answering.push_to_talk(graph, clip)).ms
                else:
                    found = await _first_audible(server.socket if way == "ws" else server.rtc, clip)
                _tell(way, clip.name, f"{found:.0f} ms")
                if place:  # the first turn warms up what loading did not
                    values.append(found)
    talk = answering.spread(took.pop("talk"))
    return {
        f"{way}_ptt_ms": spread | {"talk": talk, "above_talk": round(spread["p50"] - talk["p50"], 1)}
        for way, values in took.items()
        if (spread := answering.spread(values))
    }


async def _first_audible(url: str, clip: Clip) -> float:
    """Milliseconds from the release of the key at the last sample of speech."""
    loop = asyncio.get_running_loop()
    async with Headset(url, from_client.Hello(mode="push-to-talk", user=f"bench{next(_numbers)}")) as headset:
        _, end = await headset.say(clip.samples[: clip.end], SAMPLE_RATE)
        first = None
        while first is None and loop.time() < end + answering.UNANSWERED:
            await asyncio.sleep(0.005)
            headset.playout.advance(loop.time())
            heard = (stretch.audible(end) for stretch in headset.playout.stretches if stretch.end > end)
            first = next((at for at in heard if at is not None), None)
        await headset.leave()
    return 1000 * (answering.UNANSWERED if first is None else first - end)


async def wifi(name: str, clip: Clip) -> dict[str, Any]:
    """The gaps in answers over a bad network, and how much later they begin than over a good one."""
    good: list[float] = []
    bad: list[float] = []
    gaps: list[float] = []
    late = 0.0
    async with served(name) as server:
        for network, count, firsts in ((PERFECT, TALKS // 2, good), (WIFI, TALKS, bad)):
            for seed in range(count):
                hello = from_client.Hello(mode="push-to-talk", user=f"bench{next(_numbers)}")
                async with Headset(server.socket, hello, network, seed) as headset:
                    done = await measure_exchange(headset, clip.name, clip.samples[: clip.end], SAMPLE_RATE)
                    await headset.leave()
                if done.first_audible is None:
                    raise SystemExit(f"{clip.name}: no answer over a network with {network}")
                firsts.append(1000 * done.first_audible)
                if network is WIFI:
                    gaps += [1000 * gap for gap in done.gaps]
                    late = max(late, 1000 * done.late)
                told = f"first {firsts[-1]:.0f} ms, gaps {[round(1000 * gap) for gap in done.gaps]}"
                _tell("wi-fi" if network.bad else "good network", clip.name, told)
    return {
        "wifi_gap_ms": {
            "largest": round(max(gaps, default=0.0), 1),
            "gaps": len(gaps),
            "added_delay": round(statistics.median(bad) - statistics.median(good), 1),
            "mouth_late": round(late, 1),
            "answers": TALKS,
        }
    }


def _tell(what: str, name: str, found: str) -> None:
    print(f"{what:13} {name:20} {found}", file=sys.stderr)
