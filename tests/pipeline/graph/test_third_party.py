"""Somebody else's engine: a distribution of its own, built and installed beside Parley, which has never heard of it."""

from __future__ import annotations

import json

import pytest
from support.packages import Beside, install_beside

PROJECT = """
[build-system]
requires = ["setuptools"]
build-backend = "setuptools.build_meta"

[project]
name = "parley-morse"
version = "1.2"

[project.entry-points."parley.asr"]
morse = "morse:Morse"
broken = "morse.broken:Broken"
hungry = "morse:Hungry"
telegraph = "morse:Telegraph"

[project.entry-points."parley.stages"]
shout = "morse:Shout"
"""
ENGINE = '''
"""An engine that has the shape of a recogniser without knowing Parley's protocols, and a stage."""
from collections.abc import AsyncIterator

from pipeline.packets import Transcript
from pipeline.stages.stage import Turn


class Found:
    def __init__(self, text):
        self.text, self.language, self.confidence = text, "en", None


class Morse:
    languages = frozenset({"en"})
    sample_rate = 16000

    def __init__(self, *, dots: int = 3):
        self.dots = dots

    def transcribe(self, samples, context=None, earlier=None): return Found("dot " * self.dots)


class Telegraph(Morse):
    def transcribe(self, samples, earlier=None): return Found("stop")


class Hungry(Morse):
    requires = ("a_package_that_is_not_there",)


class Shout:
    async def run(self, inputs: AsyncIterator[Transcript], turn: Turn) -> AsyncIterator[Transcript]:
        async for packet in inputs:
            yield Transcript(packet.text.upper(), "en", packet.start, packet.end)
'''
BROKEN = "raise OSError('a driver is missing')\n"
GRAPH = """
stages:
  asr: {from: audio, engine: morse, with: {dots: 2}}
  shout: {from: asr}
outputs: [shout]
"""
USE = """
import asyncio
import numpy as np
from pipeline.graph.build import open_graph
from pipeline.packets import Audio
from pipeline.stages.stage import Turn

async def live():
    graph = open_graph("mine.yaml")
    await graph.load()
    async def sound():
        yield Audio(np.zeros(160, np.float32), 16000, 0.0)
    asr, shout = graph.nodes
    print([packet.text async for packet in shout.stage.run(asr.stage.run(sound(), Turn("t")), Turn("t"))])
    await graph.close()

asyncio.run(live())
"""


@pytest.fixture(scope="module")
def beside(tmp_path_factory: pytest.TempPathFactory) -> Beside:
    files = {"pyproject.toml": PROJECT, "morse/__init__.py": ENGINE, "morse/broken.py": BROKEN}
    beside = install_beside(tmp_path_factory.mktemp("beside"), files)
    (beside.folder / "mine.yaml").write_text(GRAPH)
    return beside


def test_it_appears_in_the_list(beside: Beside) -> None:
    listed = beside.parley("graph", "list")
    assert listed.returncode == 0, listed.stderr
    assert "morse" in listed.stdout
    assert "shout" in listed.stdout
    assert "(broken)" in listed.stdout  # in brackets: it cannot be used
    assert "(hungry)" in listed.stdout


def test_where_it_comes_from_and_why_some_of_it_cannot_be_used(beside: Beside) -> None:
    found = json.loads(beside.parley("graph", "list", "--json").stdout)
    engines = {row["name"]: row for row in found["engines"]}
    assert engines["morse"]["from"] == "parley-morse 1.2"
    assert (engines["morse"]["problem"], engines["morse"]["languages"]) == ("", ["en"])
    problem = "'broken' cannot be imported: OSError: a driver is missing; pip install --upgrade --force-reinstall"
    assert engines["broken"]["problem"] == f"{problem} parley-morse"
    assert "needs the package 'a_package_that_is_not_there'" in engines["hungry"]["problem"]
    assert engines["moonshine"]["problem"] == ""
    stages = {row["name"]: row for row in found["stages"]}
    assert (stages["shout"]["takes"], stages["shout"]["gives"]) == ("Transcript", "Transcript")


@pytest.mark.model
def test_a_graph_uses_it(beside: Beside) -> None:
    checked = beside.parley("graph", "check", "mine.yaml")
    assert checked.returncode == 0, checked.stdout + checked.stderr
    used = beside.run("-c", USE)
    assert used.stdout.strip() == "['DOT DOT ']", used.stderr


def test_an_engine_of_an_earlier_parley_is_refused_with_the_remedy(beside: Beside) -> None:
    checked = beside.parley("graph", "check", "mine.yaml", "--set", "stages.asr={from: audio, engine: telegraph}")
    assert checked.returncode == 1
    told = " ".join((checked.stdout + checked.stderr).split())
    assert "stages.asr.engine: 'telegraph' is written for an earlier Parley" in told
    assert "Telegraph.transcribe(samples, earlier) is not told who asks" in told
    assert "expected transcribe(samples, context, earlier)" in told
    assert "install a parley-morse made for parley-avatar" in told
    assert "'context: Context = DEFAULT'" in told
