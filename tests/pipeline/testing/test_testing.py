"""The example of the kit, word for word, and what it costs to import."""

from __future__ import annotations

import subprocess
import sys
import textwrap

import pipeline.testing


def test_the_example_runs() -> None:
    documentation = pipeline.testing.__doc__
    assert documentation is not None
    example = [line for line in documentation.splitlines() if not line or line.startswith("    ")]
    code = textwrap.dedent("\n".join(example))
    names: dict[str, object] = {}
    exec(compile(code, "pipeline/testing/__init__.py", "exec"), names)
    test = names["test_the_price_of_a_lantern"]
    assert callable(test)
    test()


def test_importing_it_brings_no_model_library() -> None:
    heavy = ("torch", "onnxruntime", "av", "sounddevice", "textual", "livekit", "hypothesis", "pytest")
    code = f"import sys, pipeline.testing; print([name for name in {heavy} if name in sys.modules])"
    done = subprocess.run([sys.executable, "-c", code], check=True, capture_output=True, text=True)
    assert done.stdout == "[]\n"
