"""The error that a client is told."""

from __future__ import annotations

from pipeline.errors import PipelineError


class EventError(PipelineError):
    """An event of the client cannot be handled; the connection stays open."""

    def __init__(
        self, message: str, *, code: str = "invalid_value", param: str | None = None, event_id: str | None = None
    ) -> None:
        """`event_id` names the client's event where the error appears after that event was handled."""
        super().__init__(message)
        self.code, self.param, self.event_id = code, param, event_id
