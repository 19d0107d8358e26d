"""Logs of a server: fields, and no words that a user said."""

from __future__ import annotations

import json
import logging
import traceback
from datetime import UTC, datetime
from types import TracebackType
from typing import Any, Final, TextIO

from pipeline.runtime.record import Record, Watcher

log = logging.getLogger(__name__)

_KNOWN: Final = frozenset(vars(logging.makeLogRecord({}))) | {"message", "asctime", "taskName", "color_message"}
"""What every record has; the rest are fields."""

ErrorInfo = tuple[type[BaseException], BaseException, TracebackType | None] | tuple[None, None, None]


class _Discreet(logging.Formatter):
    """Says of an error what it was and where, but not its message: that of a wrong value quotes it, and a user may have
    said it."""

    def formatException(self, ei: ErrorInfo) -> str:  # noqa: N802  logging's own name
        kind, error, _ = ei
        lines = [] if kind is None else [kind.__name__]
        while error is not None:
            lines += [f"  {at.filename}:{at.lineno} in {at.name}" for at in traceback.extract_tb(error.__traceback__)]
            error = error.__cause__ or (None if error.__suppress_context__ else error.__context__)
            lines += [f"from {type(error).__name__}"] if error else []
        return "\n".join(lines)


class Plain(_Discreet):
    """A line for people: time, level, logger, message, fields."""

    def format(self, record: logging.LogRecord) -> str:
        record.message = record.getMessage()
        fields = "".join(f" {name}={value}" for name, value in _fields(record).items())
        line = f"{_when(record):%H:%M:%S} {record.levelname} {record.name}: {record.message}{fields}"
        return f"{line}\n{self.formatException(record.exc_info)}" if record.exc_info else line


class Json(_Discreet):
    """One JSON object a line."""

    def format(self, record: logging.LogRecord) -> str:
        entry: dict[str, Any] = {
            "time": _when(record).isoformat(timespec="milliseconds"),
            "level": record.levelname.lower(),
            "logger": record.name,
            "message": record.getMessage(),
            **_fields(record),
        }
        if record.exc_info:
            entry["error"] = self.formatException(record.exc_info)
        return json.dumps(entry, ensure_ascii=False, default=str)


def log_to(stream: TextIO, *, as_json: bool, level: int) -> None:
    """Write all logs to `stream`, in place of where they went before."""
    handler = logging.StreamHandler(stream)
    handler.setFormatter(Json() if as_json else Plain())
    logging.basicConfig(handlers=[handler], level=level, force=True)


class Logged(Watcher):
    """Logs how each turn of a session ended."""

    def __init__(self, session: str) -> None:
        self._session = session

    def ended(self, record: Record, at: float) -> None:
        waited = None
        if record.sounded is not None and record.finished is not None:
            waited = round(1000 * (record.sounded - record.finished))
        fields = {"session": self._session, "turn": record.turn, "fate": record.fate.value, "latency_ms": waited}
        log.info("turn over", extra=fields)


def _fields(record: logging.LogRecord) -> dict[str, Any]:
    return {name: value for name, value in vars(record).items() if name not in _KNOWN}


def _when(record: logging.LogRecord) -> datetime:
    return datetime.fromtimestamp(record.created, UTC)
