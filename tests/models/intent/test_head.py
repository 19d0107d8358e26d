"""The classifier of sentences, on vectors that a test makes."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from models.intent import head as module
from models.intent.head import Head, Sentences


@pytest.fixture(autouse=True)
def cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setattr(module, "default_root", lambda: tmp_path)
    return tmp_path


def examples(labels: dict[str, list[str]]) -> Sentences:
    """Sentences whose vectors tell nothing but noise, so that the words must."""
    noise = np.random.default_rng(1)
    said = [(label, text) for label, texts in labels.items() for text in texts]
    vectors = noise.normal(size=(len(said), 8)).astype(np.float32)
    return Sentences(vectors, [text.split() for _, text in said], [label for label, _ in said])


FEW = {
    verb: [f"{verb} a map", f"{verb} my hat", f"please {verb} it", f"{verb} this", f"i {verb} two maps"]
    for verb in ("buy", "sell")
}


def likeliest(head: Head, text: str) -> str:
    found = head.probabilities(head._space._centre[None], [text.split()])[0]  # a meaning like no other
    assert found.sum() == pytest.approx(1.0, abs=1e-4)
    return head.labels[int(found.argmax())]


def test_words_that_decide_are_learnt() -> None:
    head = Head(examples(FEW))
    assert likeliest(head, "buy a kite") == "buy"
    assert likeliest(head, "sell a kite") == "sell"


def test_further_labels_are_learnt_beside_those_before() -> None:
    further = FEW | {"wave": ["wave at me", "wave to them", "please wave"]}
    head = Head(examples(further), earlier=Head(examples(FEW)))
    assert [likeliest(head, text) for text in ("wave", "buy a map", "sell a map")] == ["wave", "buy", "sell"]


def test_what_was_trained_is_kept_and_a_broken_file_is_trained_again(cache: Path) -> None:
    first = Head(examples(FEW))
    (file,) = cache.rglob("*.npy")
    before = file.read_bytes()
    file.write_bytes(b"not a matrix")
    again = Head(examples(FEW))
    assert np.allclose(first._weights, again._weights)
    assert file.read_bytes() == before
