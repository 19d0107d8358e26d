"""Sentence embeddings, and their copies on the disk."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from support.needs import needing

from models.embedding import Embedder

TEXTS = ["take me to the market", "bring me to the market place", "what is the weather like"]


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setattr("models.embedding.default_root", lambda: tmp_path)
    return tmp_path / "embedded-examples"


@pytest.fixture(scope="module")
@needing("model")
def embedder() -> Embedder:
    return Embedder(threads=1)


def test_what_means_the_like_lies_near(embedder: Embedder, folder: Path) -> None:
    vectors = embedder.many(TEXTS)
    assert np.linalg.norm(vectors, axis=1) == pytest.approx(1.0, abs=1e-3)
    cosines = vectors @ embedder.one(TEXTS[0])
    assert cosines[0] > cosines[1] > cosines[2]


def test_examples_are_embedded_once(embedder: Embedder, folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    first = embedder.many(TEXTS)
    assert len(list(folder.iterdir())) == 1
    monkeypatch.setattr(embedder, "_model", None)
    assert np.array_equal(embedder.many(TEXTS), first)


def test_a_damaged_copy_is_computed_again(embedder: Embedder, folder: Path) -> None:
    first = embedder.many(TEXTS)
    (copy,) = folder.iterdir()
    for damage in (b"", copy.read_bytes()[:-9], b"not an array"):
        copy.write_bytes(damage)
        assert np.array_equal(embedder.many(TEXTS), first)


def test_a_folder_that_cannot_be_written_does_no_harm(embedder: Embedder, folder: Path) -> None:
    folder.write_bytes(b"a file where the folder should be")
    assert embedder.many(TEXTS).shape == (3, 384)


def test_a_very_long_text_is_cut(embedder: Embedder) -> None:
    start = "take me to the market " * 20
    assert np.array_equal(embedder.one(start), embedder.one(start + "and on " * 10_000))
