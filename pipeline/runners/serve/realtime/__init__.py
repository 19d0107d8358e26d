"""The OpenAI Realtime API over a WebSocket. Its official clients talk to a graph here after one change of their URL.

The graph decides who the avatar is. Instructions, voices, tools and the like are ignored, and ``session.updated`` tells
the client what applies. What cannot be done is answered with an ``error`` event, and the connection stays open."""

from pipeline.runners.serve.realtime.socket import routes

__all__ = ["routes"]
