"""Tables from visemes to other faces."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from models.face import VISEMES
from pipeline.devices.face import shapes

MIXTURES = st.lists(st.floats(0.0, 1.0), min_size=15, max_size=15).map(
    lambda parts: {name: part / max(sum(parts), 1.0) for name, part in zip(VISEMES, parts, strict=True)}
)

UNHURRIED = settings(deadline=None, max_examples=50)


def test_every_viseme_is_in_every_table_in_order() -> None:
    for table in (shapes.VRM_PRESETS, shapes.ARKIT_BLENDSHAPES, shapes.OPENINGS):
        assert tuple(table) == VISEMES


def test_arkit_has_52_names_and_a_right_side_for_each_left() -> None:
    assert len(set(shapes.ARKIT_NAMES)) == 52
    lefts = {name.removesuffix("Left") for name in shapes.ARKIT_NAMES if name.endswith("Left")}
    rights = {name.removesuffix("Right") for name in shapes.ARKIT_NAMES if name.endswith("Right")}
    assert lefts == rights
    assert {name for table in shapes.ARKIT_BLENDSHAPES.values() for name in table} <= set(shapes.ARKIT_NAMES)


def test_a_mouth_moves_both_sides_alike() -> None:
    for weights in shapes.ARKIT_BLENDSHAPES.values():
        for name, weight in weights.items():
            assert weight == weights[name.replace("Left", "Right")]


@UNHURRIED
@given(MIXTURES)
def test_whatever_the_mixture_the_weights_are_bounded(mixture: dict[str, float]) -> None:
    vrm, vrm0, arkit = shapes.vrm(mixture), shapes.vrm0(mixture), shapes.arkit(mixture)
    assert tuple(vrm) == ("aa", "ih", "ou", "ee", "oh")
    assert tuple(vrm0) == ("A", "I", "U", "E", "O")
    assert list(vrm.values()) == list(vrm0.values())
    assert tuple(arkit) == shapes.ARKIT_NAMES
    assert all(0.0 <= weight <= 1.0 + 1e-9 for weight in (*vrm.values(), *arkit.values(), shapes.opening(mixture)))
    assert sum(vrm.values()) <= 1.0 + 1e-9
    # Lips that close further than the jaw is open go through each other (Apple, mouthClose).
    assert arkit["mouthClose"] <= arkit["jawOpen"] + 1e-9


@pytest.mark.parametrize("viseme", ["sil", "PP"])
def test_closed_is_closed_in_every_face(viseme: str) -> None:
    arkit = shapes.arkit({viseme: 1.0})
    assert not any(shapes.vrm({viseme: 1.0}).values())
    assert arkit["jawOpen"] == arkit["mouthClose"]
    assert shapes.opening({viseme: 1.0}) == 0.0


def test_vowels_are_told_apart() -> None:
    arkit = {name: shapes.arkit({name: 1.0}) for name in ("aa", "E", "ih", "oh", "ou")}
    assert sorted(arkit, key=lambda name: arkit[name]["jawOpen"], reverse=True)[:3] == ["aa", "oh", "E"]
    assert max(arkit, key=lambda name: arkit[name]["mouthPucker"]) == "ou"
    assert max(arkit, key=lambda name: arkit[name]["mouthSmileLeft"]) == "ih"
    assert max(shapes.OPENINGS, key=lambda name: shapes.OPENINGS[name]) == "aa"
