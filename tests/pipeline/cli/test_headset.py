"""The command as a person meets it, against a server of its own."""

from __future__ import annotations

import asyncio
import json
import re
import sys
from pathlib import Path

import pytest
from typer.testing import CliRunner

from models.protocols import Intent, Outcome
from pipeline.cli.root import app
from pipeline.devices.files.decoding import read
from pipeline.devices.files.wav import write_wav
from pipeline.runners.serve.hosting import hosting
from pipeline.runners.serve.settings import Address, Settings
from pipeline.runners.serve.tokens import Secret
from pipeline.testing import ScriptedIntents, ScriptedTasks, scripted_graph, tones
from pipeline.testing import read as read_tones


async def headset(*words: str | Path) -> tuple[int, str, str]:
    """Run the command; its exit code, and what it wrote."""
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", "pipeline.cli", "headset", *map(str, words)),
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.PIPE,
    )
    async with asyncio.timeout(120):
        out, err = await process.communicate()
    return process.returncode or 0, out.decode(), err.decode()


@pytest.fixture(scope="module")
def ran(tmp_path_factory: pytest.TempPathFactory) -> dict[str, tuple[int, str, str]]:
    """Several runs against one server."""
    folder = tmp_path_factory.mktemp("headset")
    wav, out = folder / "lantern.wav", folder / "out"
    write_wav(wav, tones("a lantern?", 16_000), 16_000)

    async def main() -> dict[str, tuple[int, str, str]]:
        price = Outcome("price", "done", "Five coins.")
        tasks = ScriptedTasks([price], looks=["price"])
        engines = {"intent": ScriptedIntents({"lantern": Intent("price")}), "task": tasks}
        graph = scripted_graph("assistant", ["turns.idle=off"], engines=engines)
        await graph.load()
        async with hosting(graph, Settings(Address(port=0)), secret=Secret(folder / "secret")) as host, host.open():
            ws, rtc = f"ws://127.0.0.1:{host.port}/parley", f"http://127.0.0.1:{host.port}/rtc"
            commands: dict[str, tuple[str | Path, ...]] = {
                "plain": ("--url", ws, "--wav", wav, "--out", out),
                "many": ("--url", ws, "--wav", wav, "--sessions", "3", "--opus", "--loss", "3%", "--json"),
                "rtc": ("--url", rtc, "--wav", wav, "--opus", "--json"),
                "token": ("--url", ws, "--wav", wav, "--token", "a.b.c"),
            }
            results = [await headset(*words) for words in commands.values()]
        await graph.close()
        if ", 0 gaps" in results[0][1]:  # a machine that does not keep up leaves some, and cut tones cannot be read
            assert read_tones(read(out / "lantern.reply.wav", 24_000), 24_000) == "five coins."
        seen = json.loads((out / "lantern.json").read_text("utf-8"))
        assert seen["said"] == "Five coins."
        assert seen["captions"][0][1] == "Five coins."
        assert seen["visemes"]
        return dict(zip(commands, results, strict=True))

    return asyncio.run(main())


def test_a_table_tells(ran: dict[str, tuple[int, str, str]]) -> None:
    code, out, err = ran["plain"]
    assert code == 0, err
    assert "lantern" in out
    assert "Five coins." in out
    assert re.search(r"1 of 1 answered, \d+ gaps", out)


def test_many_sessions_as_json(ran: dict[str, tuple[int, str, str]]) -> None:
    code, out, err = ran["many"]
    assert (code, err) == (0, "")
    told = json.loads(out)
    assert told["summary"]["answered"] == 3
    assert {one["said"] for one in told["exchanges"]} == {"Five coins."}
    assert len({one["session"] for one in told["exchanges"]}) == 3
    assert told["troubles"] == []


def test_over_webrtc(ran: dict[str, tuple[int, str, str]]) -> None:
    code, out, err = ran["rtc"]
    assert code == 0, err
    (one,) = json.loads(out)["exchanges"]
    assert one["said"] == "Five coins."
    assert one["first_audible_ms"] > 0


def test_a_refusal_is_one_line(ran: dict[str, tuple[int, str, str]]) -> None:
    code, out, err = ran["token"]
    assert (code, out) == (1, "")
    assert "unauthorised" in err
    assert len(err.strip().splitlines()) == 1


@pytest.mark.parametrize(
    ("words", "told"),
    [
        (("--loss", "3x"), "expected 0% to 50%"),
        (("--jitter", "-1ms"), "expected 0ms to 5000ms"),
        (("--wav", "nowhere.wav"), "no sound file found"),
    ],
)
def test_wrong_usage(tmp_path: Path, words: tuple[str, ...], told: str) -> None:
    write_wav(tmp_path / "a.wav", tones("a", 16_000), 16_000)
    given = words if "--wav" in words else (*words, "--wav", str(tmp_path / "a.wav"))
    done = CliRunner().invoke(app, ["headset", *given])
    assert done.exit_code == 2
    assert told in " ".join(done.output.replace("│", " ").split())


def test_no_server_says_how_to_start_one(tmp_path: Path) -> None:
    write_wav(tmp_path / "a.wav", tones("a", 16_000), 16_000)
    code, _, err = asyncio.run(headset("--url", "ws://127.0.0.1:1/parley", "--wav", tmp_path / "a.wav"))
    assert code == 1
    assert "parley serve" in err
