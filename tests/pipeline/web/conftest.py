"""What tests of the page share."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from playwright.sync_api import Playwright, sync_playwright


@pytest.fixture(scope="module")  # a thread has one at a time, and no event loop of its own beside it
def playwright() -> Iterator[Playwright]:
    with sync_playwright() as playwright:
        yield playwright
