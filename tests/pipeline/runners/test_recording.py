from __future__ import annotations

from datetime import UTC, datetime
from importlib import metadata
from pathlib import Path

from models.context import User
from models.store.catalogue import builtin
from pipeline.graph.build import Built, build, open_spec
from pipeline.graph.registry import Registry
from pipeline.packets import Reply
from pipeline.runners.recording import header, open_journal
from pipeline.runtime.journal import read_journal
from pipeline.stages.stage import Turn


def built(*overrides: str, **environ: str) -> Built:
    return build(open_spec("assistant", overrides, environ), Registry())


def test_the_header_says_what_a_session_runs_on() -> None:
    found = header(
        built("stages.task.with.world=:memory:", "stages.asr.fallbacks=[{engine: faster-whisper}]"), User("ada")
    )
    engines = {engine.place: engine for engine in found.engines}
    assert {"turns", "stages.asr", "stages.asr.fallbacks[0]", "stages.tts", "stages.lipsync"} <= engines.keys()
    assert (found.graph, found.user, found.sample_rate) == ("assistant", "ada", 16_000)
    assert abs((datetime.now(UTC) - datetime.fromisoformat(found.started)).total_seconds()) < 600
    assert found.parley == metadata.version("parley-avatar")
    assert engines["stages.task"].options == {"world": ":memory:"}
    asr = engines["stages.asr"]
    assert (asr.step, asr.name) == ("asr", "moonshine")
    assert asr.packages == {name: metadata.version(name) for name in ("parley-avatar", "onnxruntime")}
    files = builtin().entries["moonshine-tiny-en"].files
    assert asr.weights["moonshine-tiny-en"] == {file.path: file.sha256 for file in files}


def test_a_model_that_is_in_no_catalogue_has_no_checksums() -> None:
    engines = header(built("stages.response.with.model=hub:org/name#file.gguf"), User("ada")).engines
    weights = {name: files for engine in engines if engine.step == "response" for name, files in engine.weights.items()}
    assert weights["hub:org/name#file.gguf"] == {}


def test_what_comes_from_the_environment_is_not_written(tmp_path: Path) -> None:
    secret = built(
        "stages.response.engine=openai", "stages.response.with={base_url: '${KEY}', model: m}", KEY="http://s3cret/v1"
    )
    with open_journal(tmp_path / "j", secret, User("ada")) as journal:
        journal.began(Turn("ada/1"), 0.0)
        journal.crossed("ada/1", "response", Reply("Hello."), 0.5)
    for path in (tmp_path / "j").iterdir():
        assert "s3cret" not in path.read_text()
    recorded = read_journal(tmp_path / "j")
    assert (
        next(engine for engine in recorded.header.engines if engine.step == "response").options["base_url"] == "${KEY}"
    )
    again = open_spec(recorded.graph, [], {"KEY": "another"})
    assert not again.mistakes.found
    assert [node.name for node in again.nodes] == [node.name for node in secret.spec.nodes]
