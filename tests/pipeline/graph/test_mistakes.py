"""Every mistake that a graph file can have is told with its line, its path, what was expected and the remedy."""

from __future__ import annotations

from pathlib import Path

import pytest
from support.specimens import point, registry

from pipeline.graph.build import open_graph
from pipeline.graph.mistakes import WrongGraph

GOOD = """\
name: good
language: en
turns: {engine: silero, pause: 0.8}
stages:
  asr: {from: audio, engine: loud}
  echo: {from: asr}
outputs: [asr, echo]
"""
REGISTRY = registry(
    point("asr", "loud", "Loud"),
    point("asr", "mandarin", "Mandarin"),
    point("asr", "telephone", "Telephone"),
    point("asr", "unfinished", "Unfinished"),
    point("asr", "wanting", "Wanting"),
    point("asr", "explosive", "Explosive"),
    point("asr", "function", "a_function"),
    point("asr", "gone", "no_such_module:Engine"),
    point("stages", "echo", "Echo"),
    point("stages", "curious", "Curious"),
    point("stages", "hidden", "Hidden"),
    point("stages", "vague", "Vague"),
    point("stages", "greedy", "Greedy"),
    point("stages", "nothing", "NotAStage"),
)


@pytest.fixture(autouse=True)
def _here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)


def mistakes(text: str, **environ: str) -> list[str]:
    Path("g.yaml").write_text(text)
    try:
        open_graph("g.yaml", registry=REGISTRY, environ=environ)
    except WrongGraph as refused:
        return str(refused).splitlines()
    return []


def test_a_good_graph_has_none() -> None:
    assert mistakes(GOOD) == []


@pytest.mark.parametrize(
    ("right", "wrong", "told"),
    [
        # keys and values
        ("language: en", "languge: en", "g.yaml:2: languge: unknown key; did you mean 'language'?"),
        ("language: en", "language: english", "language: found 'english', expected an ISO 639-1 code"),
        ("language: en", "sample_rate: fast", "sample_rate: found 'fast', expected a whole number"),
        ("language: en", "version: 2", "version: found 2, expected 1"),
        ("pause: 0.8", "puase: 0.8", "g.yaml:3: turns.puase: unknown key; did you mean 'pause'?"),
        ("pause: 0.8", "pause: -1", "turns.pause: found -1, expected greater than 0"),
        ("pause: 0.8", "longest: 0.1", "turns.longest: found 0.1, expected more than 'shortest', which is 0.13"),
        ("turns: {engine: silero, pause: 0.8}", "turns: 5", "turns: found 5, expected a map"),
        ("silero", "sillero", "turns.engine: nothing called 'sillero'; did you mean 'silero'?"),
        ("pause: 0.8", "with: {quick: 1}", "turns.with.quick: unknown key; choose from model"),
        ("loud}", "loud, deadlin: 5}", "g.yaml:5: stages.asr.deadlin: unknown key; did you mean 'deadline'?"),
        ("loud}", "loud, partails: 5}", "stages.asr.partails: unknown key; did you mean 'partials'?"),
        ("loud}", "loud, partials: x}", "stages.asr.partials: found 'x', expected a number"),
        ("loud}", "loud, deadline: 0}", "stages.asr.deadline: found 0, expected greater than 0"),
        ("loud}", "loud, deadline: .inf}", "stages.asr.deadline: found inf, expected a finite number"),
        ("loud}", "loud, buffer: 0}", "stages.asr.buffer: found 0, expected greater than or equal to 1"),
        ("loud}", "loud, with: 5}", "stages.asr.with: found 5, expected a map"),
        ("{from: asr}", "{}", "g.yaml:6: stages.echo.from: is missing, and must be given"),
        ("{from: asr}", "null", "stages.echo: found null, expected a map; if this is an overlay"),
        ("echo:", "Echo:", "stages.Echo: not a name for a stage; expected small letters, digits, - and _"),
        ("echo:", "audio:", "stages.audio: not a name for a stage; expected another: 'audio' is the user's own sound"),
        # stages
        ("echo:", "eco:", "stages.eco: no kind of stage is called 'eco'; did you mean 'echo'?; a stage with a name"),
        ("{from: asr}", "{from: asr, use: eco}", "stages.echo.use: no kind of stage is called 'eco'; did you mean"),
        ("{from: asr}", "{from: asr, use: hidden}", "Hidden.run names 'Decimal', which its module does not import at"),
        ("{from: asr}", "{from: asr, use: vague}", "what Vague.run returns is typing.Any, expected AsyncIterator[...]"),
        ("{from: asr}", "{from: asr, use: greedy}", "Greedy is made with database; a stage is made with 'host' and"),
        ("{from: asr}", "{from: asr, use: nothing}", "'nothing' is not a stage: NotAStage has no run(inputs, turn)"),
        ("{from: asr}", "{from: asr, engine: loud}", "stages.echo.engine: a stage of the kind 'echo' has no engine"),
        ("{from: asr}", "{from: asr, loud: 1}", "stages.echo.loud: unknown key; choose from buffer, deadline, engine"),
        # engines
        ("engine: loud", "engine: lowd", "g.yaml:5: stages.asr.engine: nothing called 'lowd'; did you mean 'loud'?"),
        ("engine: loud", "engine: hibari", "'hibari' is an engine for tts"),
        ("engine: loud", "engine: os.system", "stages.asr.engine: nothing called 'os.system'; choose from"),
        (", engine: loud", "", "stages.asr.engine: is missing, and must be given; choose from explosive"),
        ("engine: loud", "engine: mandarin", "'mandarin' works in zh, and the graph's language is en; engines for"),
        ("engine: loud", "engine: telephone", "'telephone' takes sound at 8000 Hz, and the graph's sample_rate is"),
        ("engine: loud", "engine: unfinished", "'unfinished' is not an engine for asr: Unfinished has no transcribe()"),
        (
            "engine: loud",
            "engine: wanting",
            "g.yaml:5: stages.asr.engine: 'wanting' needs the packages 'no_such_package', 'no_such_other.part', which "
            "are not installed; pip install 'parley-avatar[wanting]'",
        ),
        ("engine: loud", "engine: explosive", "'explosive' cannot be made: RuntimeError: no licence file"),
        ("engine: loud", "engine: function", "'function' is registered as support.specimens:a_function, which is not"),
        ("engine: loud", "engine: gone", "'gone' cannot be imported: ModuleNotFoundError: No module named 'no_such_"),
        # their options
        ("loud}", "loud, with: {bean: 2}}", "stages.asr.with.bean: unknown key; did you mean 'beam'?"),
        ("loud}", "loud, with: {beam: two}}", "stages.asr.with.beam: found 'two', expected a whole number"),
        ("loud}", "loud, with: {beam: 0}}", "stages.asr.with.beam: beam is 0, expected at least 1"),
        ("loud}", "loud, with: {word: 7}}", "found 7, expected text; quote it if it is meant as text"),
        ("loud}", "loud, with: {mode: slow}}", "stages.asr.with.mode: found 'slow', expected 'fast' or 'exact'"),
        ("loud}", "loud, with: {hints: [a, 5]}}", "stages.asr.with.hints[1]: found 5, expected text"),
        ("loud}", "loud, with: {clock: 5}}", "stages.asr.with.clock: unknown key; choose from beam, hints, mode, word"),
        (
            "loud}",
            "loud, fallbacks: [{engine: loud}]}",
            "fallbacks[0].engine: 'loud' with the same options ranks higher already",
        ),
        ("loud}", "loud, fallbacks: [{engin: x}]}", "fallbacks[0].engin: unknown key; did you mean 'engine'?"),
        (
            "loud}",
            "loud, fallbacks: [{engine: lowd}]}",
            "fallbacks[0].engine: nothing called 'lowd'; did you mean 'loud'?",
        ),
        ("loud}", "loud, fallbacks: [lowd]}", "stages.asr.fallbacks[0]: found 'lowd', expected a map"),
        # edges
        ("{from: asr}", "{from: asrr}", "stages.echo.from: nothing in this graph is called 'asrr'; did you mean"),
        ("{from: asr}", "{from: [asr, asr]}", "stages.echo.from: reads 'asr' twice; once is enough"),
        ("{from: asr}", "{from: []}", "stages.echo.from: found an empty list, expected at least one"),
        (
            "{from: asr}",
            "{from: audio}",
            "g.yaml:6: stages.echo.from: 'audio' emits Audio | Text | Scene | Gaze | Pointing | Picture, but 'echo' "
            "accepts Transcript; it could read asr",
        ),
        (
            "{from: asr}",
            "{from: [asr, echo]}",
            "stages.echo.from: stages feed each other in a loop: echo -> echo; take",
        ),
        ("[asr, echo]", "[asr]", "g.yaml:6: stages.echo: no stage reads it, and it is not an output"),
        ("[asr, echo]", "[asr, ecoh]", "g.yaml:7: outputs: no stage is called 'ecoh'; did you mean 'echo'?"),
        ("[asr, echo]", "[asr, echo, audio]", "outputs: 'audio' is what the user says; outputs are stages: asr"),
        ("[asr, echo]", "[asr, echo, asr]", "outputs: names 'asr' twice; once is enough"),
        ("[asr, echo]", "[]", "outputs: found an empty list, expected at least one"),
        ("outputs: [asr, echo]", "", "outputs: is missing, and must be given"),
        ("echo: {from: asr}", "curious: {from: asr, engine: skills, x: 1}", "stages.curious.x: unknown key; choose"),
    ],
)
def test_a_mistake_is_told(right: str, wrong: str, told: str) -> None:
    assert right in GOOD
    assert told in "\n".join(mistakes(GOOD.replace(right, wrong)))


def test_loops_are_drawn_in_the_direction_of_the_data() -> None:
    text = GOOD.replace("{from: asr}", "{from: c, use: echo}").replace(
        "outputs", "  b: {from: [asr, echo], use: echo}\n  c: {from: b, use: echo}\noutputs"
    )
    assert [line for line in mistakes(text) if "loop" in line] == [
        "g.yaml:6: stages.echo.from: stages feed each other in a loop: echo -> b -> c -> echo; take one edge out"
    ]


def test_a_stage_may_check_its_peers() -> None:
    text = (
        "stages:\n"
        "  ears: {use: asr, from: audio, engine: loud}\n"
        "  curious: {from: ears, engine: skills}\n"
        "outputs: [curious]"
    )
    assert mistakes(text) == ["g.yaml:3: stages.curious: it listens to 'asr', and there is none; add one"]


def test_all_are_told_at_once_in_the_order_of_the_file() -> None:
    text = GOOD.replace("language", "languge").replace("loud", "lowd").replace("[asr, echo]", "[asr]")
    text = text.replace("pause: 0.8", "pause: none")
    assert [line.partition(":")[2].partition(":")[0] for line in mistakes(text)] == ["2", "3", "5", "6"]


def test_a_missing_variable_is_the_only_thing_wrong_with_its_place() -> None:
    text = GOOD.replace("loud", '"${ENGINE}"')
    assert mistakes(text) == [
        "g.yaml:5: stages.asr.engine: the environment variable ENGINE is not set; "
        "set it, or give a default: ${ENGINE:-...}"
    ]
    assert mistakes(text, ENGINE="loud") == []


def test_no_message_tells_a_secret() -> None:
    told = mistakes(GOOD.replace("loud", '"${KEY}"').replace("from: asr", 'from: "x ${KEY}"'), KEY="sk-hush-hush")
    assert len(told) == 2
    assert "hush" not in "\n".join(told)
    assert "${KEY}" in told[0]


def test_a_mistake_in_an_overlay_names_the_file_that_has_it() -> None:
    Path("base.yaml").write_text(GOOD.replace("loud", "lowd"))
    told = mistakes("extends: base.yaml\nstages:\n  echo:\n    from: audio\n")
    assert told[0].startswith("base.yaml:5: stages.asr.engine")
    assert told[1].startswith("g.yaml:4: stages.echo.from")
