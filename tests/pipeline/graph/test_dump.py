from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
import yaml
from hypothesis import example, given
from hypothesis import strategies as st

from pipeline.graph.build import open_graph, open_spec
from pipeline.graph.document import Value
from pipeline.graph.dump import dump
from pipeline.graph.load import load, shipped
from pipeline.graph.mistakes import Mark, Mistakes
from pipeline.graph.spec import GraphSpec


def spec(name: Path | str, *overrides: str, **environ: str) -> GraphSpec:
    found = open_spec(name, overrides, environ)
    found.mistakes.raise_any()
    return found


def written(spec: GraphSpec) -> str:
    return dump(spec.name, spec.root)


def again(dumped: str, folder: Path, **environ: str) -> GraphSpec:
    (folder / "graph.yaml").write_text(dumped, encoding="utf-8")
    return spec(folder / "graph.yaml", **environ)


@pytest.mark.parametrize("name", sorted(shipped()))
def test_every_shipped_graph_opens_again_as_it_was(name: str, tmp_path: Path) -> None:
    before = spec(name)
    after = again(written(before), tmp_path)
    assert after.root.plain() == {"name": before.name} | before.root.plain()
    assert (after.name, after.nodes, after.turns, after.outputs) == (
        before.name,
        before.nodes,
        before.turns,
        before.outputs,
    )


def test_overlays_and_overrides_are_in_it_and_their_files_are_not_needed(tmp_path: Path) -> None:
    folder = tmp_path / "elsewhere"
    folder.mkdir()
    (folder / "base.yaml").write_text(
        "stages: {asr: {from: audio, engine: moonshine}, intent: {from: asr, engine: nearest}}\noutputs: [intent]\n"
    )
    (folder / "mine.yaml").write_text("extends: base.yaml\nturns: {pause: 0.5}\n")
    dumped = written(spec(folder / "mine.yaml", "stages.intent.engine=cascade", "turns.longest=9"))
    for file in folder.iterdir():
        file.unlink()
    after = again(dumped, tmp_path)
    assert after.name == "mine"
    assert (after.turns.pause, after.turns.longest) == (0.5, 9.0)
    assert [node.spec.engine for node in after.nodes] == ["moonshine", "cascade"]
    assert [node.name for node in open_graph(tmp_path / "graph.yaml", environ={}).nodes] == ["asr", "intent"]


def test_no_secret_is_in_it(tmp_path: Path) -> None:
    (tmp_path / "mine.yaml").write_text(
        "stages:\n"
        "  response:\n"
        "    from: audio\n"
        "    engine: openai\n"
        '    with: {api_key: "${KEY}", url: "http://${HOST:-here}/$${x}", model: "${NONE:-small}"}\n'
        "outputs: [response]\n"
    )
    dumped = written(spec(tmp_path / "mine.yaml", KEY="very secret", HOST="there"))
    assert "very secret" not in dumped
    options = again(dumped, tmp_path, KEY="another", HOST="beyond").nodes[0].spec.options
    assert options == {"api_key": "another", "url": "http://beyond/${x}", "model": "small"}
    plain = written(spec(tmp_path / "mine.yaml", KEY="very secret"))
    assert again(plain, tmp_path, KEY="k").nodes[0].spec.options["url"] == "http://here/${x}"


words = st.text(st.characters(exclude_categories=["Cs"]), max_size=30)
"""All that YAML can hold; half a surrogate pair is no text."""
numbers = st.integers(-(10**17), 10**17) | st.floats(allow_nan=False)
values = st.recursive(
    st.none() | st.booleans() | numbers | words,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(words, inner, max_size=3),
    max_leaves=8,
)


@given(values)
@example(
    ["0o17", "1e3", "no", "0x1F", "~", "", "null", "1:30", "2020-01-01", "<<", "=", ".inf", "+.5", "-", "${A}", "\x85"]
)
@example({"<<": "a", "0o17": 1, "": 2})
def test_every_value_comes_back_as_what_it_was(tmp_path_factory: pytest.TempPathFactory, plain: Any) -> None:
    folder = tmp_path_factory.getbasetemp()
    root = tree({"stages": {"a": {"from": "audio", "with": {"x": plain}}}, "outputs": ["a"]})
    dumped = dump("n", root)
    (folder / "graph.yaml").write_text(dumped, encoding="utf-8", newline="")
    mistakes = Mistakes()
    document = load(folder / "graph.yaml", mistakes, environ={})
    assert mistakes.found == []
    assert document is not None
    found = document.root.get("stages", "a", "with", "x")
    assert found is not None
    assert repr(found.plain()) == repr(plain)


def tree(plain: Any) -> Value:
    data = plain
    if isinstance(plain, dict):
        data = {key: tree(item) for key, item in plain.items()}
    elif isinstance(plain, list):
        data = [tree(item) for item in plain]
    return Value(data, Mark("test"))


def test_it_is_plain_yaml() -> None:
    assert yaml.safe_load(written(spec("assistant")))["stages"]["tts"] == {"from": "response", "engine": "hibari"}
