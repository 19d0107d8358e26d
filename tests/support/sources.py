"""The page's sources in a browser, module by module."""

from __future__ import annotations

import re
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager

from playwright.sync_api import Browser, Page
from support.pages import PATIENCE, WEB

BLANK = "<!doctype html><title>blank</title><style>body { margin: 0 } canvas { width: 320px; height: 320px }</style>"


@contextmanager
def developing() -> Iterator[str]:
    """The address of Vite's development server: `import("/src/...")` works on pages of its origin."""
    if not (WEB / "node_modules").is_dir():
        subprocess.run(["npm", "ci"], cwd=WEB, check=True, capture_output=True, timeout=300)
    vite = [str(WEB / "node_modules" / ".bin" / "vite"), "--host", "127.0.0.1", "--port", "0", "--clearScreen", "false"]
    with subprocess.Popen(vite, cwd=WEB, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True) as process:
        assert process.stdout
        try:
            plain = (re.sub(r"\x1b\[[\d;]*m", "", line) for line in process.stdout)
            address = next((found[0] for line in plain if (found := re.search(r"http://\S+/", line))), None)
            assert address, "Vite gave no address"
            yield address
        finally:
            process.terminate()
            process.wait(60)


@contextmanager
def blank(browser: Browser, url: str) -> Iterator[Page]:
    """An empty page of that origin, 320 pixels square; an error in it fails the test at the end."""
    page = browser.new_page(viewport={"width": 320, "height": 320})
    page.set_default_timeout(PATIENCE)
    errors: list[Exception] = []
    page.on("pageerror", lambda error: errors.append(error))  # noqa: PLW0108  Playwright marks what it is given
    page.route(f"{url}blank", lambda route: route.fulfill(body=BLANK, content_type="text/html"))
    try:
        page.goto(f"{url}blank")
        yield page
        assert not errors
    finally:
        page.close()
