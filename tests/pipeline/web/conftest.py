"""What tests of the page share."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from playwright.sync_api import Playwright, expect, sync_playwright
from support.needs import needing
from support.pages import PATIENCE


@pytest.fixture(scope="module")  # a thread has one at a time, and no event loop of its own beside it
@needing("browser")
def playwright() -> Iterator[Playwright]:
    expect.set_options(timeout=PATIENCE)
    with sync_playwright() as playwright:
        yield playwright
