"""References to the environment in a graph file: ``${NAME}`` and ``${NAME:-default}``.

A value from the environment may be a secret, so it is never printed. `Value.written` keeps the reference, and
`Mistakes.secrets` keeps the values out of messages."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import replace

from pipeline.graph.document import Value
from pipeline.graph.mistakes import Mistakes, Path

_REFERENCE = re.compile(r"\$\$\{|\$\{([^{}]*)(\})?")
_BODY = re.compile(r"([A-Za-z_][A-Za-z0-9_]*)(?::-(.*))?", re.DOTALL)


def resolve(value: Value, environ: Mapping[str, str], mistakes: Mistakes, path: Path = ()) -> Value:
    """Return `value` with every reference replaced. As in a shell, an empty variable also gets the default."""
    if isinstance(value.data, dict):
        items = {key: resolve(item, environ, mistakes, (*path, key)) for key, item in value.data.items()}
        return replace(value, data=items)
    if isinstance(value.data, list):
        listed = [resolve(item, environ, mistakes, (*path, place)) for place, item in enumerate(value.data)]
        return replace(value, data=listed)
    if isinstance(value.data, str) and "${" in value.data:
        return _text(value, value.data, environ, mistakes, path)
    return value


def _text(value: Value, text: str, environ: Mapping[str, str], mistakes: Mistakes, path: Path) -> Value:
    secret = False

    def fill(match: re.Match[str]) -> str:
        nonlocal secret
        if match[0] == "$${":
            return "${"
        body = _BODY.fullmatch(match[1])
        if body is None or match[2] is None:
            how = "write ${NAME} or ${NAME:-default}, and $${ for a plain ${"
            mistakes.add(value.mark, path, f"{match[0]!r} names no environment variable; {how}", settles=True)
            return ""
        name, default = body[1], body[2]
        found = environ.get(name)
        if found or (found is not None and default is None):
            secret = True
            mistakes.secrets[name] = found
            return found
        if default is None:
            remedy = f"set it, or give a default: ${{{name}:-...}}"
            mistakes.add(value.mark, path, f"the environment variable {name} is not set; {remedy}", settles=True)
            return ""
        return default

    filled = _REFERENCE.sub(fill, text)
    return replace(value, data=filled, written=text if secret else None)
