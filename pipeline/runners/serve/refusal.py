"""What a server says no with."""

from __future__ import annotations

from pipeline.errors import PipelineError
from pipeline.wire.from_server import Code, Error


class Refused(PipelineError):
    """Something a client asked for is not given; the message is for whoever wrote or runs the client."""

    def __init__(self, code: Code, message: str) -> None:
        super().__init__(message)
        self.code = code

    def message(self, *, fatal: bool = True) -> Error:
        """As the protocol says it."""
        return Error(code=self.code, message=str(self), fatal=fatal)
