"""JavaScript clients: `tests/node`, with its packages installed."""

from __future__ import annotations

import asyncio
import hashlib
import shutil
import subprocess
from pathlib import Path
from typing import Any

from filelock import FileLock
from platformdirs import user_cache_path

SOURCE = Path(__file__).parents[1] / "node"


def installed() -> Path:
    """A folder with the scripts of `tests/node` and the packages of its lock file, kept from one run to the next."""
    lock = (SOURCE / "package-lock.json").read_bytes()
    folder = user_cache_path("parley") / "tests" / f"node-{hashlib.sha256(lock).hexdigest()[:12]}"
    folder.mkdir(parents=True, exist_ok=True)
    with FileLock(folder / "lock"):
        for name in ("package.json", "package-lock.json", ".npmrc"):
            shutil.copy(SOURCE / name, folder)
        if not (folder / "installed").exists():
            subprocess.run(["npm", "ci"], cwd=folder, check=True, capture_output=True, timeout=300)
            (folder / "installed").touch()
        for script in SOURCE.glob("*.mjs"):
            shutil.copy(script, folder)
    return folder


async def run(script: str, *args: Any, given: bytes = b"", seconds: float = 120.0) -> bytes:
    """What a script of `tests/node` writes. Raises AssertionError with what it complains of, where it fails."""
    process = await asyncio.create_subprocess_exec(
        "node", script, *map(str, args), cwd=installed(), stdin=-1, stdout=-1, stderr=-1
    )
    try:
        async with asyncio.timeout(seconds):
            written, complaints = await process.communicate(given)
    finally:
        if process.returncode is None:
            process.kill()
            await process.wait()
    assert process.returncode == 0, complaints.decode()
    return written
