from __future__ import annotations

import math
from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray
from support.needs import needing
from support.sounds import RATE, speech

from models.asr.moonshine_network import Decoded, Network, read_vocabulary
from models.errors import ModelCorrupt
from models.store.store import locate


@pytest.fixture(scope="module")
@needing("model")
def network() -> Network:
    return Network(locate("moonshine-tiny-en"), threads=2)


@pytest.fixture(scope="module")
def frames(network: Network) -> NDArray[np.float32]:
    return network.encode(speech("speech-jfk")[: 5 * RATE])


@pytest.fixture(scope="module")
def plain(network: Network, frames: NDArray[np.float32]) -> Decoded:
    return network.decode(frames, most=64)


def test_a_frame_lasts_24_ms(frames: NDArray[np.float32]) -> None:
    assert frames.shape[0] == 1
    assert frames.shape[1] == pytest.approx(5.0 / 0.024, abs=2)


def test_greedy_decoding_reaches_the_end_mark(network: Network, plain: Decoded) -> None:
    assert network.text(plain.tokens).startswith("And so")
    assert len(plain.log_probabilities) == len(plain.tokens) + 1
    assert all(p <= 0 for p in plain.log_probabilities)


def drafts(tokens: tuple[int, ...]) -> dict[str, tuple[int, ...]]:
    return {
        "right": tokens,
        "its beginning": tokens[:4],
        "too long": (*tokens, 100, 200, 300),
        "a token wrong": (*tokens[:3], 999, *tokens[4:]),
        "a token missing": (*tokens[:3], *tokens[4:]),
        "a token too many": (*tokens[:3], 999, *tokens[3:]),
        "all wrong": tuple(range(300, 320)),
        "past the end mark": (2, *tokens),
    }


@pytest.mark.parametrize("kind", drafts((0,) * 5))
def test_no_draft_changes_what_is_decoded(
    network: Network, frames: NDArray[np.float32], plain: Decoded, kind: str
) -> None:
    drafted = network.decode(frames, most=64, draft=drafts(plain.tokens)[kind])
    # The network rounds its activations to 8 bits over all tokens of a pass, so probabilities differ a little, and
    # processors differ in how. A token that the network itself gives less than even odds may become another.
    even = math.log(0.5)
    sure = next((at for at, p in enumerate(plain.log_probabilities) if p < even), len(plain.tokens))
    assert sure > 4, "the drafts differ at the fourth token, so that must be a sure one"
    assert drafted.tokens[:sure] == plain.tokens[:sure]
    np.testing.assert_allclose(drafted.log_probabilities[:sure], plain.log_probabilities[:sure], atol=0.3)


@pytest.mark.parametrize("text", ["And so, my fellow Americans", "5 cafés — 咖啡?", "two  spaces", ""])
def test_a_guess_spells_its_text(network: Network, text: str) -> None:
    assert network.text(network.guess(text)) == text


def test_a_guess_at_english_is_nearly_what_the_network_would_choose(network: Network, plain: Decoded) -> None:
    guess = network.guess(network.text(plain.tokens))
    assert sum(one == other for one, other in zip(guess, plain.tokens, strict=False)) >= 0.8 * len(plain.tokens)


@pytest.mark.parametrize("most", [1, 3, 5])
def test_decoding_stops_at_the_limit(network: Network, frames: NDArray[np.float32], plain: Decoded, most: int) -> None:
    drafts: list[tuple[int, ...]] = [(), plain.tokens]
    for draft in drafts:
        found = network.decode(frames, most, draft)
        assert found.tokens == plain.tokens[:most]
        assert len(found.log_probabilities) == most


def test_special_tokens_spell_nothing(network: Network) -> None:
    assert network.text((1, 2, 32_000, 32_767)) == ""


def test_a_vocabulary_of_something_else_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "tokenizer.bin"
    path.write_bytes(b"\x05hello")
    with pytest.raises(ModelCorrupt, match="not a Moonshine vocabulary"):
        read_vocabulary(path)
