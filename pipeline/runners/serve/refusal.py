"""The refusal of a client's request, with the code that the protocol has for it."""

from __future__ import annotations

from pipeline.errors import PipelineError
from pipeline.wire.from_server import Code, Error


class Refused(PipelineError):
    """A request of a client is refused. The message is written for the people who wrote the client or run it."""

    def __init__(self, code: Code, message: str) -> None:
        super().__init__(message)
        self.code = code

    def message(self, *, fatal: bool = True) -> Error:
        """Return the refusal as a message of the protocol."""
        return Error(code=self.code, message=str(self), fatal=fatal)
