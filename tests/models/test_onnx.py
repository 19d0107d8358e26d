"""How networks are opened."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

LOAD = "from models.vad.silero import Silero; Silero().load()"


@pytest.mark.model
def test_onnxruntime_neither_watches_nor_reports(tmp_path: Path) -> None:
    from models.store.store import Store

    environment = {key: value for key, value in os.environ.items() if key != "ORT_DISABLE_TELEMETRY"}
    environment |= {"PARLEY_MODELS": str(Store().root), "XDG_CACHE_HOME": str(tmp_path), "HOME": str(tmp_path)}
    subprocess.run([sys.executable, "-c", LOAD], env=environment, check=True, timeout=120)
    assert not [path for path in tmp_path.rglob("*") if path.is_file() and "onnxruntime" in str(path)]
