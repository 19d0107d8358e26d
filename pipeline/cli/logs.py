"""Logs of all commands: they carry fields, and no words that a user said."""

from __future__ import annotations

import json
import logging
import traceback
from datetime import UTC, datetime
from types import TracebackType
from typing import Any, Final, TextIO

from pipeline.errors import causes

_KNOWN: Final = frozenset(vars(logging.makeLogRecord({}))) | {"message", "asctime", "taskName", "color_message"}
"""The attributes that every record has; all others are fields."""

ErrorInfo = tuple[type[BaseException], BaseException, TracebackType | None] | tuple[None, None, None]


class _Discreet(logging.Formatter):
    """Formats an error as its type and place, without its message: the message may quote a value that a user said."""

    def formatException(self, ei: ErrorInfo) -> str:  # noqa: N802  logging's own name
        lines: list[str] = []
        for error in causes(ei[1]):
            lines.append(f"from {type(error).__name__}" if lines else type(error).__name__)
            lines += [f"  {at.filename}:{at.lineno} in {at.name}" for at in traceback.extract_tb(error.__traceback__)]
        return "\n".join(lines)


def _message(record: logging.LogRecord) -> str:
    """The first line of a message: asyncio adds further lines with values, which a user may have said."""
    message = record.getMessage()
    return message.partition("\n")[0] if record.name == "asyncio" else message


class Plain(_Discreet):
    """Formats a record as a line for people: time, level, logger, message, fields."""

    def format(self, record: logging.LogRecord) -> str:
        fields = "".join(f" {name}={value}" for name, value in _fields(record).items())
        line = f"{_when(record):%H:%M:%S} {record.levelname} {record.name}: {_message(record)}{fields}"
        return f"{line}\n{self.formatException(record.exc_info)}" if record.exc_info else line


class Json(_Discreet):
    """Formats a record as a JSON object on one line."""

    def format(self, record: logging.LogRecord) -> str:
        entry: dict[str, Any] = {
            "time": _when(record).isoformat(timespec="milliseconds"),
            "level": record.levelname.lower(),
            "logger": record.name,
            "message": _message(record),
            **_fields(record),
        }
        if record.exc_info:
            entry["error"] = self.formatException(record.exc_info)
        return json.dumps(entry, ensure_ascii=False, default=str)


def log_to(stream: TextIO, level: int, *, as_json: bool = False) -> None:
    """Write all logs of at least this level to `stream`, and nowhere else."""
    handler = logging.StreamHandler(stream)
    handler.setFormatter(Json() if as_json else Plain())
    logging.basicConfig(handlers=[handler], level=level, force=True)


def _fields(record: logging.LogRecord) -> dict[str, Any]:
    return {name: value for name, value in vars(record).items() if name not in _KNOWN}


def _when(record: logging.LogRecord) -> datetime:
    return datetime.fromtimestamp(record.created, UTC)
