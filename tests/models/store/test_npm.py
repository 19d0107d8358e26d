"""Fetching from an npm registry on loopback with the real client."""

from __future__ import annotations

import random
import shutil
import tarfile
from collections.abc import Iterator
from pathlib import Path

import pytest
from support.registries import Registry, catalog, model, point_clients_at

from models.errors import ModelUnavailable
from models.store.store import Store

pytestmark = [
    pytest.mark.browser,
    pytest.mark.skipif(shutil.which("npm") is None, reason="npm is not installed (apt-get install npm)"),
]

DATA = random.Random(2).randbytes(100_000)


@pytest.fixture
def registry(monkeypatch: pytest.MonkeyPatch) -> Iterator[Registry]:
    with Registry().serve() as registry:
        point_clients_at(monkeypatch, registry.url)
        yield registry


def test_a_member_of_a_tarball_is_fetched(registry: Registry, tmp_path: Path) -> None:
    registry.add_npm("toy-voices", {"package/voices/one.bin": DATA, "../../evil": b"!"})
    entry = model("toy", {"one.bin": (DATA, ["npm:toy-voices@1.0.0#package/voices/one.bin"])})
    store = Store(tmp_path / "a" / "b", catalog(entry))
    assert store.locate("toy").read_bytes() == DATA
    assert not list(tmp_path.rglob("evil"))


def test_a_member_that_is_a_link_is_not_followed(registry: Registry, tmp_path: Path) -> None:
    link = tarfile.TarInfo("package/one.bin")
    link.type, link.linkname = tarfile.SYMTYPE, "/etc/passwd"
    registry.add_npm("toy-voices", {"package/one.bin": link})
    entry = model("toy", {"one.bin": (DATA, ["npm:toy-voices@1.0.0#package/one.bin"])})
    with pytest.raises(ModelUnavailable, match=r"package/one\.bin is not a plain file"):
        Store(tmp_path, catalog(entry)).locate("toy")


def test_a_version_that_does_not_exist_is_named(registry: Registry, tmp_path: Path) -> None:
    registry.add_npm("toy-voices", {"package/one.bin": DATA})
    entry = model("toy", {"one.bin": (DATA, ["npm:toy-voices@9.9.9#package/one.bin", "npm:no-voices@1.0.0#package/x"])})
    with pytest.raises(ModelUnavailable) as caught:
        Store(tmp_path, catalog(entry)).locate("toy")
    for package in ("npm:toy-voices@9.9.9", "npm:no-voices@1.0.0"):
        assert f"{package}: the npm registry has no such version" in str(caught.value)
