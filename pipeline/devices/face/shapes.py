"""Mouth shapes in terms of other standards: VRM presets, ARKit blendshapes, one number for a jaw.

The shapes are those of Oculus LipSync, which OpenXR shows as pictures (XR_META_face_tracking_visemes). The names of the
targets are their specifications', which do not say how one follows from the other: the numbers are our own judgement.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import TypeAlias

Weights: TypeAlias = Mapping[str, float]
"""The weight of each shape by its name, 0 to 1."""

VRM_PRESETS = {
    "sil": {},
    "PP": {},
    "FF": {"ih": 0.15},
    "TH": {"aa": 0.1, "ih": 0.15},
    "DD": {"ih": 0.3},
    "kk": {"aa": 0.15, "ih": 0.15},
    "CH": {"ou": 0.45, "ih": 0.1},
    "SS": {"ih": 0.4},
    "nn": {"ih": 0.25},
    "RR": {"ou": 0.35},
    "aa": {"aa": 1.0},
    "E": {"ee": 1.0},
    "ih": {"ih": 1.0},
    "oh": {"oh": 1.0},
    "ou": {"ou": 1.0},
}
"""For each viseme, the procedural mouth expressions of VRM 1.0 (specification VRMC_vrm-1.0, "expressions": aa ih ou ee
oh). There is none for a closed mouth, which is their absence."""
VRM0_NAMES = {"aa": "A", "ih": "I", "ou": "U", "ee": "E", "oh": "O"}
"""The same five in VRM 0.x (specification 0.0, presets a i u e o), in capitals as applications call them."""

ARKIT_NAMES = (
    "eyeBlinkLeft", "eyeLookDownLeft", "eyeLookInLeft", "eyeLookOutLeft", "eyeLookUpLeft", "eyeSquintLeft",
    "eyeWideLeft", "eyeBlinkRight", "eyeLookDownRight", "eyeLookInRight", "eyeLookOutRight", "eyeLookUpRight",
    "eyeSquintRight", "eyeWideRight",
    "jawForward", "jawLeft", "jawRight", "jawOpen",
    "mouthClose", "mouthFunnel", "mouthPucker", "mouthLeft", "mouthRight", "mouthSmileLeft", "mouthSmileRight",
    "mouthFrownLeft", "mouthFrownRight", "mouthDimpleLeft", "mouthDimpleRight", "mouthStretchLeft", "mouthStretchRight",
    "mouthRollLower", "mouthRollUpper", "mouthShrugLower", "mouthShrugUpper", "mouthPressLeft", "mouthPressRight",
    "mouthLowerDownLeft", "mouthLowerDownRight", "mouthUpperUpLeft", "mouthUpperUpRight",
    "browDownLeft", "browDownRight", "browInnerUp", "browOuterUpLeft", "browOuterUpRight",
    "cheekPuff", "cheekSquintLeft", "cheekSquintRight", "noseSneerLeft", "noseSneerRight", "tongueOut",
)  # fmt: skip
"""The 52 blendshapes of ARKit, in the order of its reference (Apple, ARFaceAnchor.BlendShapeLocation)."""

_ARKIT_HALVES = {
    "sil": {},
    # mouthClose closes the lips over an open jaw: as far as that is open, and the mouth is closed.
    "PP": {"jawOpen": 0.05, "mouthClose": 0.05, "mouthPress": 0.35, "mouthRollLower": 0.2, "mouthRollUpper": 0.15},
    "FF": {"jawOpen": 0.06, "mouthRollLower": 0.45, "mouthUpperUp": 0.15, "mouthShrugLower": 0.15},
    "TH": {"jawOpen": 0.15, "mouthLowerDown": 0.15, "tongueOut": 0.2},
    "DD": {"jawOpen": 0.12, "mouthLowerDown": 0.2, "mouthUpperUp": 0.05},
    "kk": {"jawOpen": 0.18, "mouthLowerDown": 0.15},
    "CH": {"jawOpen": 0.1, "mouthFunnel": 0.5, "mouthPucker": 0.15},
    "SS": {"jawOpen": 0.05, "mouthStretch": 0.2, "mouthSmile": 0.1, "mouthLowerDown": 0.2, "mouthUpperUp": 0.05},
    "nn": {"jawOpen": 0.12, "mouthLowerDown": 0.15},
    "RR": {"jawOpen": 0.12, "mouthFunnel": 0.3, "mouthPucker": 0.15},
    "aa": {"jawOpen": 0.6, "mouthLowerDown": 0.3, "mouthUpperUp": 0.1},
    "E": {"jawOpen": 0.35, "mouthStretch": 0.15, "mouthSmile": 0.1, "mouthLowerDown": 0.3, "mouthUpperUp": 0.1},
    "ih": {"jawOpen": 0.2, "mouthStretch": 0.2, "mouthSmile": 0.25, "mouthLowerDown": 0.25, "mouthUpperUp": 0.1},
    "oh": {"jawOpen": 0.4, "mouthFunnel": 0.45, "mouthPucker": 0.2},
    "ou": {"jawOpen": 0.2, "mouthFunnel": 0.25, "mouthPucker": 0.65},
}
"""The blendshapes that each viseme moves; a name without a side stands for both sides."""


def _sides(name: str) -> Iterable[str]:
    return [name] if name in ARKIT_NAMES else [name + "Left", name + "Right"]


ARKIT_BLENDSHAPES = {
    viseme: {side: weight for name, weight in halves.items() for side in _sides(name)}
    for viseme, halves in _ARKIT_HALVES.items()
}
"""The blendshapes among `ARKIT_NAMES` that each viseme moves."""

OPENINGS = {
    "sil": 0.0,
    "PP": 0.0,
    "FF": 0.05,
    "TH": 0.2,
    "DD": 0.15,
    "kk": 0.25,
    "CH": 0.15,
    "SS": 0.1,
    "nn": 0.15,
    "RR": 0.2,
    "aa": 1.0,
    "E": 0.6,
    "ih": 0.4,
    "oh": 0.7,
    "ou": 0.35,
}
"""How far a mouth that can only open is open, for each viseme."""


def vrm(visemes: Weights) -> dict[str, float]:
    """The weight of every mouth preset of VRM 1.0, for visemes whose weights sum to at most 1."""
    return _blend(VRM_PRESETS, VRM0_NAMES, visemes)


def vrm0(visemes: Weights) -> dict[str, float]:
    """The weight of every mouth preset of VRM 0.x, for visemes whose weights sum to at most 1."""
    return {VRM0_NAMES[name]: weight for name, weight in vrm(visemes).items()}


def arkit(visemes: Weights) -> dict[str, float]:
    """The weight of every ARKit blendshape, for visemes whose weights sum to at most 1; eyes and brows rest."""
    return _blend(ARKIT_BLENDSHAPES, ARKIT_NAMES, visemes)


def opening(visemes: Weights) -> float:
    """How far the mouth is open, 0 to 1, for visemes whose weights sum to at most 1."""
    return sum(OPENINGS[viseme] * weight for viseme, weight in visemes.items())


def _blend(table: Mapping[str, Weights], names: Iterable[str], visemes: Weights) -> dict[str, float]:
    blended = dict.fromkeys(names, 0.0)
    for viseme, weight in visemes.items():
        for name, part in table[viseme].items():
            blended[name] += part * weight
    return blended
