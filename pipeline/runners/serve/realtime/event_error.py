"""What a client is told when something cannot be done."""

from __future__ import annotations

from pipeline.errors import PipelineError


class EventError(PipelineError):
    """An event of the client that cannot be obeyed; the connection stays."""

    def __init__(
        self, message: str, *, code: str = "invalid_value", param: str | None = None, event_id: str | None = None
    ) -> None:
        """`event_id` is that of the client's event, where it turns out later than that."""
        super().__init__(message)
        self.code, self.param, self.event_id = code, param, event_id
