"""Converts a CTranslate2 Whisper to the checkpoint that OpenAI's package loads.

Both hold the same tensors under different names. CTranslate2 fuses the projections of query, key and value, and may
hold weights in 16 or 8 bits. The checkpoint is written in 32. The layout of `model.bin` is CTranslate2's, in
`python/ctranslate2/specs/model_spec.py`.
"""

from __future__ import annotations

import struct
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from models.errors import ModelCorrupt

Tensors = dict[str, NDArray[np.float32]]

VERSION = 6
"""The version of the binary layout, the only one in use since 2021."""
DTYPES = ("<f4", "<i1", "<i2", "<i4", "<f2", "bfloat16")
"""The data types in the order of CTranslate2's numbers. numpy has no bfloat16, which is the upper half of a float32."""
HEAD_WIDTH = 64
"""The width of an attention head, the same in every Whisper model."""


def write_checkpoint(model_bin: Path, checkpoint: Path) -> None:
    """Convert the file `model_bin` to the file `checkpoint`. It needs torch. Raises ModelCorrupt."""
    import torch

    dims, tensors = convert(read_tensors(model_bin))
    state = {name: torch.from_numpy(np.ascontiguousarray(tensor)) for name, tensor in tensors.items()}
    torch.save({"dims": dims, "model_state_dict": state}, checkpoint)


def read_tensors(path: Path) -> Tensors:
    """Every tensor of a CTranslate2 model in 32 bits, by its name. Raises ModelCorrupt."""
    try:
        return _dequantised(dict(_raw_tensors(memoryview(path.read_bytes()))))
    except (struct.error, ValueError, IndexError, UnicodeDecodeError) as error:
        raise ModelCorrupt(f"{path}: not a CTranslate2 model of layout {VERSION}: {error}") from error


def convert(found: Tensors) -> tuple[dict[str, int], Tensors]:
    """The dimensions and the state of OpenAI's model. Raises ModelCorrupt where a tensor is missing."""
    try:
        state = {
            "encoder.conv1.weight": found["encoder/conv1/weight"],
            "encoder.conv1.bias": found["encoder/conv1/bias"],
            "encoder.conv2.weight": found["encoder/conv2/weight"],
            "encoder.conv2.bias": found["encoder/conv2/bias"],
            "encoder.positional_embedding": found["encoder/position_encodings/encodings"],
            "decoder.positional_embedding": found["decoder/position_encodings/encodings"],
            "decoder.token_embedding.weight": found["decoder/embeddings/weight"],
            **_norm(found, "encoder/layer_norm", "encoder.ln_post"),
            **_norm(found, "decoder/layer_norm", "decoder.ln"),
        }
        layers = {side: _layers(found, side) for side in ("encoder", "decoder")}
        for side, count in layers.items():
            for layer in range(count):
                state |= _block(found, f"{side}/layer_{layer}", f"{side}.blocks.{layer}", crosses=side == "decoder")
    except KeyError as error:
        raise ModelCorrupt(f"not a Whisper model: CTranslate2 tensor {error} is missing") from error
    audio, text = state["encoder.positional_embedding"].shape, state["decoder.positional_embedding"].shape
    dims = {
        "n_mels": state["encoder.conv1.weight"].shape[1],
        "n_audio_ctx": audio[0],
        "n_audio_state": audio[1],
        "n_audio_head": audio[1] // HEAD_WIDTH,
        "n_audio_layer": layers["encoder"],
        "n_vocab": state["decoder.token_embedding.weight"].shape[0],
        "n_text_ctx": text[0],
        "n_text_state": text[1],
        "n_text_head": text[1] // HEAD_WIDTH,
        "n_text_layer": layers["decoder"],
    }
    return dims, state


def _raw_tensors(data: memoryview) -> Iterator[tuple[str, NDArray[Any]]]:
    """The name and the tensor of each entry, in the order in which they are stored."""
    at = 0

    def number(form: str) -> int:
        nonlocal at
        (value,) = struct.unpack_from("<" + form, data, at)
        at += struct.calcsize(form)
        return int(value)

    def text() -> str:
        nonlocal at
        length = number("H")
        at += length
        return bytes(data[at - length : at - 1]).decode()  # a zero byte ends it

    if (version := number("I")) != VERSION:
        raise ValueError(f"layout {version}")
    text(), number("I")  # the kind of model and its revision
    for _ in range(number("I")):
        name = text()
        shape = [number("I") for _ in range(number("B"))]
        dtype = DTYPES[number("B")]
        size = number("I")
        stored = data[at : at + size]
        at += size
        if dtype == "bfloat16":
            yield name, (np.frombuffer(stored, "<u2").astype("<u4") << 16).view("<f4").reshape(shape)
        else:
            yield name, np.frombuffer(stored, dtype).reshape(shape)


def _dequantised(raw: dict[str, NDArray[Any]]) -> Tensors:
    """The tensors in 32 bits. An integer weight is the true one times its scale; a row or a whole tensor has one
    scale."""
    tensors: Tensors = {}
    for name, tensor in raw.items():
        if name.endswith("_scale"):
            continue
        value = tensor.astype(np.float32)
        if (scale := raw.get(f"{name}_scale")) is not None:
            value /= scale.astype(np.float32).reshape(scale.shape + (1,) * (value.ndim - scale.ndim))
        tensors[name] = value
    return tensors


def _layers(found: Tensors, side: str) -> int:
    return len({name.split("/")[1] for name in found if name.startswith(f"{side}/layer_") and "/ffn/" in name})


def _norm(found: Tensors, source: str, target: str) -> Tensors:
    return {f"{target}.weight": found[f"{source}/gamma"], f"{target}.bias": found[f"{source}/beta"]}


def _linear(found: Tensors, source: str, target: str) -> Tensors:
    return {f"{target}.weight": found[f"{source}/weight"], f"{target}.bias": found[f"{source}/bias"]}


def _block(found: Tensors, source: str, target: str, crosses: bool) -> Tensors:
    """One layer of a transformer. A layer of the decoder also attends to the sound."""
    state = {
        **_norm(found, f"{source}/self_attention/layer_norm", f"{target}.attn_ln"),
        **_linear(found, f"{source}/self_attention/linear_1", f"{target}.attn.out"),
        **_split(found, f"{source}/self_attention/linear_0", f"{target}.attn", ("query", "key", "value")),
        **_norm(found, f"{source}/ffn/layer_norm", f"{target}.mlp_ln"),
        **_linear(found, f"{source}/ffn/linear_0", f"{target}.mlp.0"),
        **_linear(found, f"{source}/ffn/linear_1", f"{target}.mlp.2"),
    }
    if crosses:
        state |= _norm(found, f"{source}/attention/layer_norm", f"{target}.cross_attn_ln")
        state |= _linear(found, f"{source}/attention/linear_0", f"{target}.cross_attn.query")
        state |= _split(found, f"{source}/attention/linear_1", f"{target}.cross_attn", ("key", "value"))
        state |= _linear(found, f"{source}/attention/linear_2", f"{target}.cross_attn.out")
    return state


def _split(found: Tensors, source: str, target: str, parts: tuple[str, ...]) -> Tensors:
    """Take fused projections apart. Whisper's key has no bias, so the zeros that stand for it are left out."""
    state: Tensors = {}
    weights = np.split(found[f"{source}/weight"], len(parts))
    biases = np.split(found[f"{source}/bias"], len(parts))
    for part, weight, bias in zip(parts, weights, biases, strict=True):
        state[f"{target}.{part}.weight"] = weight
        if part != "key":
            state[f"{target}.{part}.bias"] = bias
    return state
