"""A graph as a Wyoming service, for Home Assistant and the like: its ears, its mind and its voice, each on its own.

Event types come from the package ``wyoming``; their flow is told in that package's description, "Event Types"."""

from pipeline.runners.serve.wyoming.server import serving

__all__ = ["serving"]
