"""Everything that thinks: engines for each step, and the store that brings their weights. It knows no pipeline."""

import os

# onnxruntime collects what it sees of the machine and sends it to its makers, from its import on.
os.environ.setdefault("ORT_DISABLE_TELEMETRY", "1")
