"""The clients in docs/clients: the one that needs nothing but Node runs here, against a real server."""

from __future__ import annotations

import asyncio
from pathlib import Path

import pytest

from models.protocols import Intent, Outcome
from pipeline.devices.files.decoding import read
from pipeline.devices.files.wav import write_wav
from pipeline.runners.serve.hosting import hosting
from pipeline.runners.serve.settings import Address, Settings
from pipeline.runners.serve.tokens import Secret
from pipeline.testing import ScriptedIntents, ScriptedTasks, scripted_graph, tones
from pipeline.testing import read as read_tones

ASK = Path(__file__).parents[1] / "docs" / "clients" / "javascript" / "ask.mjs"


async def ask(url: str, *files: Path) -> tuple[int, str, str]:
    """Run the example; its exit code, and what it wrote."""
    command = ["node", "--no-warnings", "--experimental-websocket", str(ASK), url, *map(str, files)]
    process = await asyncio.create_subprocess_exec(
        *command,
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.PIPE,
    )
    async with asyncio.timeout(120):
        out, err = await process.communicate()
    return process.returncode or 0, out.decode(), err.decode()


@pytest.mark.browser
def test_javascript_asks_and_hears_the_answer(tmp_path: Path) -> None:
    async def main() -> tuple[int, str, str]:
        price = Outcome("price", "done", "Five coins.")
        tasks = ScriptedTasks([price], looks=["price"])
        engines = {"intent": ScriptedIntents({"lantern": Intent("price")}), "task": tasks}
        graph = scripted_graph("assistant", engines=engines)
        await graph.load()
        secret = Secret(tmp_path / "secret")
        async with hosting(graph, Settings(Address(port=0)), secret=secret) as host, host.open():
            told = await ask(f"ws://127.0.0.1:{host.port}/parley", tmp_path / "in.wav", tmp_path / "out.wav")
        await graph.close()
        return told

    write_wav(tmp_path / "in.wav", tones("a lantern?", 16_000), 16_000)
    code, out, err = asyncio.run(main())
    assert (code, out) == (0, "a lantern?\nFive coins.\n"), err
    assert read_tones(read(tmp_path / "out.wav", 24_000), 24_000) == "five coins."


@pytest.mark.browser
def test_javascript_without_a_server(tmp_path: Path) -> None:
    write_wav(tmp_path / "in.wav", tones("a lantern?", 16_000), 16_000)
    code, _, err = asyncio.run(ask("ws://127.0.0.1:1/parley", tmp_path / "in.wav", tmp_path / "out.wav"))
    assert code == 1
    assert "no Parley server answers" in err
    assert not (tmp_path / "out.wav").exists()
