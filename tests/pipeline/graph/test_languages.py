"""A graph that promises languages has an engine for each of them at every stage."""

from __future__ import annotations

from pathlib import Path

import pytest
from support.specimens import point, registry

from pipeline.graph.build import open_graph
from pipeline.graph.graph import Graph
from pipeline.graph.mistakes import WrongGraph

REGISTRY = registry(point("asr", "english", "English"), point("asr", "mandarin", "Mandarin"))


def opened(folder: Path, head: str, asr: str) -> Graph:
    file = folder / "g.yaml"
    file.write_text(f"{head}\nstages:\n  asr: {{from: audio, {asr}}}\noutputs: [asr]\n")
    return open_graph(file, registry=REGISTRY)


BOTH = "engine: english, fallbacks: [{engine: mandarin}]"


@pytest.mark.parametrize(
    ("head", "languages"),
    [
        ("language: en", ("en",)),
        ("languages: [en, zh]", ("en", "zh")),
        ("languages: [zh, en]", ("zh", "en")),
        ("language: zh\nlanguages: [en, zh]", ("zh", "en")),
    ],
)
def test_the_usual_language_comes_first(tmp_path: Path, head: str, languages: tuple[str, ...]) -> None:
    graph = opened(tmp_path, head, BOTH if len(languages) > 1 else "engine: english")
    assert (graph.languages, graph.language) == (languages, languages[0])


def test_a_language_that_no_rank_speaks_is_refused(tmp_path: Path) -> None:
    with pytest.raises(WrongGraph) as refused:
        opened(tmp_path, "languages: [en, zh]", "engine: english")
    (told,) = str(refused.value).splitlines()
    assert "stages.asr: the graph promises zh, and no engine here works in it: 'english' works in en" in told
    assert "engines for zh, which may stand here or among 'fallbacks': faster-whisper, mandarin" in told


def test_a_rank_that_speaks_none_of_the_languages_is_refused(tmp_path: Path) -> None:
    with pytest.raises(WrongGraph, match="'mandarin' works in zh, and the graph's language is en"):
        opened(tmp_path, "language: en", BOTH)


def test_the_usual_language_is_one_of_them(tmp_path: Path) -> None:
    with pytest.raises(WrongGraph, match="'zh' is none of 'languages', which are en; add it there"):
        opened(tmp_path, "language: zh\nlanguages: [en]", BOTH)
