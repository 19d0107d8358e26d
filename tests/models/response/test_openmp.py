"""The spinning of OpenMP threads."""

from __future__ import annotations

import os

import pytest

from models.response.openmp import brief_spinning

NAMES = ("GOMP_SPINCOUNT", "OMP_WAIT_POLICY")


def test_spinning_is_brief_while_a_library_is_imported_and_no_longer(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in NAMES:
        monkeypatch.delenv(name, raising=False)
    with brief_spinning():
        assert os.environ["GOMP_SPINCOUNT"] == "1000"
    assert "GOMP_SPINCOUNT" not in os.environ


@pytest.mark.parametrize("name", NAMES)
def test_what_the_user_has_set_stands(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    for other in NAMES:
        monkeypatch.delenv(other, raising=False)
    monkeypatch.setenv(name, "7")
    with brief_spinning():
        assert os.environ[name] == "7"
        assert sum(name in os.environ for name in NAMES) == 1
