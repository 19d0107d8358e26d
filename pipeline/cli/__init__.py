"""The command ``parley``."""

from __future__ import annotations

from pipeline.cli.root import main

__all__ = ["main"]
