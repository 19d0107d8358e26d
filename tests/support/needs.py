"""What a test needs beside Python, said by its markers, and held to them.

``model`` is for tests that open the weights of a model, fetch one or load a heavy model library, ``browser`` for those
that start Chromium or Node, ``device`` for those that need a sound card, an X server or a terminal. ``make check``
leaves all of them out, so that it takes a minute anywhere. A test that reaches for something without the marker fails.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, TypeVar

import pytest

from models.store.fetching import Report
from models.store.store import Store

Function = TypeVar("Function", bound=Callable[..., Any])

PROGRAMS = {
    "chromium": "browser",
    "chromium-browser": "browser",
    "google-chrome": "browser",
    "node": "browser",
    "npm": "browser",
    "npx": "browser",
    "pulseaudio": "device",
    "tmux": "device",
    "Xvfb": "device",
}
NOWHERE = "/nonexistent"
"""The model store of the processes that a test without the marker ``model`` starts."""

_given: set[str] | None = None
"""The markers of the test that runs; None between tests."""


def needing(*what: str) -> Callable[[Function], Function]:
    """Marks a fixture: each test that uses it, however indirectly, gets these markers.

    @pytest.fixture(scope="module")
    @needing("model")
    def voice() -> Hibari: ...
    """

    def marked(fixture: Function) -> Function:
        fixture.__dict__["needing"] = what
        return fixture

    return marked


def mark(item: pytest.Item) -> None:
    """Give a test the markers of the fixtures that it uses."""
    for fixtures in getattr(item, "_fixtureinfo").name2fixturedefs.values():  # noqa: B009  pytest has no public way
        for what in getattr(fixtures[-1].func, "needing", ()):
            item.add_marker(what)


def require(what: str, reason: str) -> None:
    """Fail the test that runs, unless it has the marker `what`."""
    if _given is not None and what not in _given:
        pytest.fail(f"this test needs the marker {what}, because it {reason}: @pytest.mark.{what}")


@contextmanager
def held_to(item: pytest.Item) -> Iterator[None]:
    """While a test runs, from its first fixture on, it gets what its markers say and no more."""
    global _given  # noqa: PLW0603  the hooks below have no test to ask
    _given = {mark.name for mark in item.iter_markers()}
    before = os.environ.get("PARLEY_MODELS")
    if "model" not in _given:
        os.environ["PARLEY_MODELS"] = NOWHERE
    try:
        yield
    finally:
        _given = None
        if before is None:
            os.environ.pop("PARLEY_MODELS", None)
        else:
            os.environ["PARLEY_MODELS"] = before


def watch() -> None:
    """From now on, see what is reached for."""
    sys.addaudithook(_audit)
    locate = Store.locate

    def located(self: Store, model: str | Path, report: Report | None = None) -> Path:
        if self.root == Path(NOWHERE) and (str(model) in self.catalog.entries or str(model).startswith("hub:")):
            require("model", f"opens {model}")
        return locate(self, model, report)

    Store.locate = located  # type: ignore[method-assign]


def _audit(event: str, args: tuple[Any, ...]) -> None:
    if event == "subprocess.Popen" and _given is not None:
        program = os.fspath(args[0])
        name = Path(os.fsdecode(program)).name
        if name in PROGRAMS:
            require(PROGRAMS[name], f"starts {name}")
