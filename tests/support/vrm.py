"""The smallest avatars that are valid VRM files: a humanoid of bare bones, and a triangle that expressions move."""

from __future__ import annotations

import json
from struct import pack
from typing import Any

_BONES = (
    ("hips", None, (0.0, 0.9, 0.0)), ("spine", "hips", (0.0, 0.2, 0.0)), ("neck", "spine", (0.0, 0.3, 0.0)),
    ("head", "neck", (0.0, 0.1, 0.0)),
    ("leftUpperArm", "spine", (0.15, 0.25, 0.0)), ("leftLowerArm", "leftUpperArm", (0.25, 0.0, 0.0)),
    ("leftHand", "leftLowerArm", (0.25, 0.0, 0.0)),
    ("rightUpperArm", "spine", (-0.15, 0.25, 0.0)), ("rightLowerArm", "rightUpperArm", (-0.25, 0.0, 0.0)),
    ("rightHand", "rightLowerArm", (-0.25, 0.0, 0.0)),
    ("leftUpperLeg", "hips", (0.1, -0.05, 0.0)), ("leftLowerLeg", "leftUpperLeg", (0.0, -0.4, 0.0)),
    ("leftFoot", "leftLowerLeg", (0.0, -0.4, 0.0)),
    ("rightUpperLeg", "hips", (-0.1, -0.05, 0.0)), ("rightLowerLeg", "rightUpperLeg", (0.0, -0.4, 0.0)),
    ("rightFoot", "rightLowerLeg", (0.0, -0.4, 0.0)),
)  # fmt: skip
"""Names, parents, and places from there in metres."""
_NAMES = [name for name, *_ in _BONES]
_FACE = len(_BONES)
"""The node of the triangle."""
MOVED = ("aa", "ih", "ou", "ee", "oh", "blink", "happy")
"""The expressions, each with the morph target of its place."""
_OLD = {"aa": "a", "ih": "i", "ou": "u", "ee": "e", "oh": "o", "blink": "blink", "happy": "joy"}


def vrm1() -> bytes:
    """A file of version 1.0."""
    presets = {
        name: {"morphTargetBinds": [{"node": _FACE, "index": place, "weight": 1.0}]} for place, name in enumerate(MOVED)
    }
    map_to = {"inputMaxValue": 90.0, "outputScale": 10.0}
    maps = ("rangeMapHorizontalInner", "rangeMapHorizontalOuter", "rangeMapVerticalDown", "rangeMapVerticalUp")
    extension = {
        "specVersion": "1.0",
        "meta": {"name": "Bare", "authors": ["a test"], "licenseUrl": "https://vrm.dev/licenses/1.0/"},
        "humanoid": {"humanBones": {name: {"node": node} for node, name in enumerate(_NAMES)}},
        "expressions": {"preset": presets},
        "lookAt": {"offsetFromHeadBone": [0.0, 0.06, 0.08], "type": "bone", **dict.fromkeys(maps, map_to)},
    }
    return glb({"VRMC_vrm": extension}, turned=False)


def vrm0() -> bytes:
    """A file of version 0.x: it looks along -z."""
    groups = [
        {"name": name, "presetName": _OLD[name], "binds": [{"mesh": 0, "index": place, "weight": 100}]}
        for place, name in enumerate(MOVED)
    ]
    bones = [{"bone": name, "node": node, "useDefaultValues": True} for node, name in enumerate(_NAMES)]
    curve = {"curve": [0, 0, 0, 1, 1, 1, 1, 0], "xRange": 90, "yRange": 10}
    maps = ("lookAtHorizontalInner", "lookAtHorizontalOuter", "lookAtVerticalDown", "lookAtVerticalUp")
    first_person = {
        "firstPersonBone": _NAMES.index("head"),
        "firstPersonBoneOffset": {"x": 0, "y": 0.06, "z": 0.08},
        "lookAtTypeName": "Bone",
        **dict.fromkeys(maps, curve),
    }
    extension = {
        "specVersion": "0.0",
        "meta": {"title": "Bare", "author": "a test"},
        "humanoid": {"humanBones": bones},
        "blendShapeMaster": {"blendShapeGroups": groups},
        "firstPerson": first_person,
        "secondaryAnimation": {"boneGroups": [], "colliderGroups": []},
        "materialProperties": [],
    }
    return glb({"VRM": extension}, turned=True)


def glb(extensions: dict[str, Any], *, turned: bool = False) -> bytes:
    """The humanoid in a binary glTF 2.0 file with these extensions; `turned` about the upright axis."""
    way = -1.0 if turned else 1.0
    nodes: list[dict[str, Any]] = [
        {"name": name, "translation": [way * x, y, way * z]} for name, _, (x, y, z) in _BONES
    ]
    for node, (_, parent, _) in enumerate(_BONES):
        if parent:
            nodes[_NAMES.index(parent)].setdefault("children", []).append(node)
    nodes[_NAMES.index("head")]["children"] = [_FACE]
    nodes.append({"name": "face", "mesh": 0})
    triangle = pack("<9f", -0.1, 0, 0, 0.1, 0, 0, 0, 0.2, 0)
    moved = pack("<9f", 0, -0.1, 0, 0, -0.1, 0, 0, 0, 0)
    accessor = {"componentType": 5126, "count": 3, "type": "VEC3", "min": [-0.1, -0.1, 0], "max": [0.1, 0.2, 0]}
    document = {
        "asset": {"version": "2.0"},
        "extensionsUsed": sorted(extensions),
        "extensions": extensions,
        "scene": 0,
        "scenes": [{"nodes": [0]}],
        "nodes": nodes,
        "meshes": [{"primitives": [{"attributes": {"POSITION": 0}, "targets": [{"POSITION": 1}] * len(MOVED)}]}],
        "accessors": [{**accessor, "bufferView": 0}, {**accessor, "bufferView": 1}],
        "bufferViews": [
            {"buffer": 0, "byteOffset": 0, "byteLength": len(triangle)},
            {"buffer": 0, "byteOffset": len(triangle), "byteLength": len(moved)},
        ],
        "buffers": [{"byteLength": len(triangle + moved)}],
    }
    text = json.dumps(document).encode()
    text += b" " * (-len(text) % 4)
    chunks = pack("<I4s", len(text), b"JSON") + text + pack("<I4s", 72, b"BIN\0") + triangle + moved
    return pack("<4sII", b"glTF", 2, 12 + len(chunks)) + chunks
