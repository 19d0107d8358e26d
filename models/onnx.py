"""Opens networks in ONNX files the same way for every engine."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from models.errors import ModelCorrupt, ModelUnavailable

if TYPE_CHECKING:
    from onnxruntime import InferenceSession


def open_network(network: Path | bytes, threads: int, expected: str) -> InferenceSession:
    """Open a network on the processor with `threads` threads.

    `expected` says in the error what the file should be. Raises ModelCorrupt, ModelUnavailable."""
    try:
        import onnxruntime
    except ImportError as error:
        raise ModelUnavailable(f"{error}; remedy: pip install onnxruntime") from error
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = threads
    options.inter_op_num_threads = 1
    options.log_severity_level = 3
    # Threads that spin after a call slow down the next engines of the turn.
    options.add_session_config_entry("session.intra_op.allow_spinning", "0")
    options.enable_mem_pattern = False  # every utterance and every sentence has another length
    try:
        return onnxruntime.InferenceSession(network, options, providers=["CPUExecutionProvider"])
    except Exception as error:  # onnxruntime's own exceptions share no public base class
        where = f"{network}: " if isinstance(network, Path) else ""
        raise ModelCorrupt(f"{where}{error}; expected {expected}") from error
