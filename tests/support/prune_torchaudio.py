"""Deletes torchaudio's compiled part, which wants CUDA: Coqui needs only the rest, which then imports on a CPU."""

from __future__ import annotations

import pathlib
from importlib.util import find_spec

spec = find_spec("torchaudio")
if spec is None or spec.origin is None:
    raise SystemExit("torchaudio is not installed")
for library in (pathlib.Path(spec.origin).parent / "lib").glob("*.so"):
    library.unlink()
