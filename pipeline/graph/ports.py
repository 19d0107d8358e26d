"""What a stage class takes and gives, and what it wants to be made with: read from the annotations that mypy reads.

    def __init__(self, host: Host[Recogniser], options: Options) -> None
    def run(self, inputs: AsyncIterator[Audio], turn: Turn) -> AsyncIterator[Partial | Transcript]

The host's protocol names the engines to choose from, the unions name the packets.
"""

from __future__ import annotations

import inspect
from collections.abc import Iterable
from dataclasses import dataclass
from types import UnionType
from typing import Any, Union, get_args, get_origin

from pydantic import BaseModel

from pipeline.graph.registry import STEPS, Unusable, resolved_hints
from pipeline.host.host import Host
from pipeline.stages.stage import Stage


@dataclass(frozen=True, slots=True)
class Ports:
    """What the graph knows of a stage class."""

    cls: type[Stage[Any, Any]]
    accepts: tuple[type, ...]
    emits: tuple[type, ...]
    engines: str | None
    """The step whose engines it runs on; None for a stage that needs none."""
    options: type[BaseModel] | None
    """The class of its own options; None for a stage that has none."""

    def takes(self, emitted: Iterable[type]) -> tuple[type, ...]:
        """Return those of the types that it accepts."""
        return tuple(kind for kind in emitted if issubclass(kind, self.accepts))


def read_ports(kind: str, cls: type[Any]) -> Ports:
    """Return the ports of the stage class that is registered as `kind`. Raises Unusable, whose message is for its
    author."""
    run = getattr(cls, "run", None)
    if run is None:
        raise Unusable(f"{kind!r} is not a stage: {cls.__name__} has no run(inputs, turn)")
    hints = resolved_hints(run)
    accepts = _packets(hints.get("inputs"), f"{kind!r}: the annotation of {cls.__name__}.run's 'inputs'")
    emits = _packets(hints.get("return"), f"{kind!r}: the annotation of what {cls.__name__}.run returns")
    wants = _constructor(cls)
    if strange := wants.keys() - {"host", "options"}:
        found = ", ".join(sorted(strange))
        raise Unusable(f"{kind!r}: {cls.__name__} is made with {found}; a stage is made with 'host' and 'options' only")
    return Ports(cls, accepts, emits, _engines(kind, wants.get("host")), wants.get("options"))


def type_names(types: Iterable[type]) -> str:
    """Return types as text, such as ``Partial | Transcript``."""
    return " | ".join(each.__name__ for each in types)


def _constructor(cls: type[Any]) -> dict[str, Any]:
    """Return the arguments of the constructor and their types: a host, options, and all others without a default."""
    if (made := constructor(cls)) is None:
        return {}
    hints = resolved_hints(made)
    parameters = list(inspect.signature(made).parameters.values())[1:]
    wanted = [p.name for p in parameters if p.name in ("host", "options") or p.default is p.empty]
    return {name: hints.get(name, Any) for name in wanted}


def constructor(cls: type[Any]) -> Any:
    """Return the `__init__` of a class or one of its bases; None if there is none. A protocol's own does not count."""
    for base in cls.__mro__:
        if "__init__" in vars(base) and not getattr(base, "_is_protocol", False):
            return None if base is object else vars(base)["__init__"]
    return None


def _engines(kind: str, host: Any) -> str | None:
    if host is None:
        return None
    protocol = get_args(host)[0] if get_origin(host) is Host else None
    return next((step for step, known in STEPS.items() if known is protocol), kind)


def _packets(stream: Any, what: str) -> tuple[type, ...]:
    """Return the members of ``AsyncIterator[A | B]``."""
    items = get_args(stream)
    if not items:
        raise Unusable(f"{what} is {stream}, expected AsyncIterator[...] of packet types")
    item = items[0]
    members = get_args(item) if get_origin(item) in (Union, UnionType) else (item,)
    members = tuple(object if member is Any else member for member in members)
    for member in members:
        if not isinstance(member, type) or get_origin(member) is not None:
            raise Unusable(f"{what} holds {member}, expected a class")
    return members
