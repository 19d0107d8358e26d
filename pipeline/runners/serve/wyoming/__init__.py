"""A graph as a Wyoming service, for Home Assistant and others. Hearing, understanding and speaking are served
separately.

The event types come from the package ``wyoming``. The description of that package, "Event Types", tells their order."""

from pipeline.runners.serve.wyoming.server import serving

__all__ = ["serving"]
