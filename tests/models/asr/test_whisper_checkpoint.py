from __future__ import annotations

import struct
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray
from support.needs import needing

from models.asr.whisper_checkpoint import Tensors, convert, read_tensors
from models.errors import ModelCorrupt
from models.store.store import locate

NUMBERS = {"float32": 0, "int8": 1, "int16": 2, "int32": 3, "float16": 4, "bfloat16": 5}


def entry(name: str, tensor: NDArray[Any], dtype: str) -> bytes:
    """One tensor in CTranslate2's binary layout; bfloat16 comes as its bits."""
    encoded = name.encode() + b"\0"
    head = struct.pack("<H", len(encoded)) + encoded + struct.pack("<B", tensor.ndim)
    return head + struct.pack(f"<{tensor.ndim}IBI", *tensor.shape, NUMBERS[dtype], tensor.nbytes) + tensor.tobytes()


def model(*entries: bytes, version: int = 6) -> bytes:
    kind = b"WhisperSpec\0"
    return struct.pack("<IH", version, len(kind)) + kind + struct.pack("<II", 3, len(entries)) + b"".join(entries)


@pytest.fixture(scope="module")
@needing("model")
def tiny() -> Tensors:
    return read_tensors(locate("whisper-tiny-en") / "model.bin")


def test_the_dimensions_of_tiny_en_are_found(tiny: Tensors) -> None:
    dims, state = convert(tiny)
    assert dims == {
        "n_mels": 80,
        "n_audio_ctx": 1500,
        "n_audio_state": 384,
        "n_audio_head": 6,
        "n_audio_layer": 4,
        "n_vocab": 51864,
        "n_text_ctx": 448,
        "n_text_state": 384,
        "n_text_head": 6,
        "n_text_layer": 4,
    }
    assert {str(tensor.dtype) for tensor in state.values()} == {"float32"}


def test_the_key_that_loses_its_bias_had_none(tiny: Tensors) -> None:
    assert not tiny["decoder/layer_0/self_attention/linear_0/bias"][384:768].any()
    assert "decoder.blocks.0.attn.key.bias" not in convert(tiny)[1]


@pytest.mark.parametrize(
    "scale", [np.array([127.0, 63.5], np.float32), np.array(127.0, np.float32)], ids=["row", "one"]
)
def test_eight_bit_weights_are_divided_by_their_scale(tmp_path: Path, scale: NDArray[np.float32]) -> None:
    weight = np.array([[127, -127, 0], [64, 1, -1]], np.int8)
    path = tmp_path / "model.bin"
    path.write_bytes(model(entry("w", weight, "int8"), entry("w_scale", scale, "float32")))
    expected = weight / (scale[:, None] if scale.ndim else scale)
    np.testing.assert_allclose(read_tensors(path)["w"], expected, rtol=1e-6)


def test_half_precisions_are_widened(tmp_path: Path) -> None:
    values = np.array([1.5, -2.0, 0.25], np.float32)
    path = tmp_path / "model.bin"
    path.write_bytes(
        model(
            entry("half", values.astype(np.float16), "float16"),
            entry("brain", (values.view(np.uint32) >> 16).astype(np.uint16), "bfloat16"),
        )
    )
    tensors = read_tensors(path)
    assert tensors["half"].tolist() == tensors["brain"].tolist() == values.tolist()


@pytest.mark.parametrize(
    "data",
    [b"", b"\x06\0", b"RIFF" * 9, model(version=5), model(entry("w", np.zeros(4, np.float32), "float32"))[:-3]],
    ids=["empty", "cut off", "a sound file", "an older layout", "the last tensor cut off"],
)
def test_what_is_no_model_is_refused(tmp_path: Path, data: bytes) -> None:
    path = tmp_path / "model.bin"
    path.write_bytes(data)
    with pytest.raises(ModelCorrupt, match="not a CTranslate2 model"):
        read_tensors(path)


def test_a_model_of_another_kind_is_refused() -> None:
    with pytest.raises(ModelCorrupt, match=r"encoder/conv1/weight.*missing"):
        convert({"decoder/embeddings/weight": np.zeros((3, 4), np.float32)})
