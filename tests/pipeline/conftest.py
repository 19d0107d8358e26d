"""What tests of sessions share."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest
from support import sessions
from support.needs import needing


@pytest.fixture(scope="session")
@needing("model")
def journal(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The journal of `support.sessions.record_session`; not to be written to.

    Recorded in a process of its own, as a user's session is: a language model that has read other conversations before
    rounds differently."""
    folder = tmp_path_factory.mktemp("sessions") / "talk"
    subprocess.run([sys.executable, sessions.__file__, folder], check=True, timeout=300, cwd=Path(__file__).parents[2])
    return folder
