"""The OpenAI Realtime API over a WebSocket, as far as its official clients use it, so that they talk to a graph here by
changing one URL.

The graph decides who the avatar is: instructions, voices, tools and the like are read over, and ``session.updated``
tells what holds. What cannot be done is answered with an ``error`` event, and the connection stays."""

from pipeline.runners.serve.realtime.socket import routes

__all__ = ["routes"]
