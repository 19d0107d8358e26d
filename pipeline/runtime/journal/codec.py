"""Dataclasses as JSON and back; the form is derived from their fields, and nothing is written for each class.

Fields hold text, numbers, truth values, None, literals, enumerations, samples, other dataclasses, and sequences and
maps of these; a union is read as the first of its members that fits. Samples are kept elsewhere: the dataclass that
holds them has a `sample_rate` beside them, and `Sound` stands in their place.
"""

from __future__ import annotations

import hashlib
import json
import types
from collections.abc import Callable, Hashable, Mapping, Sequence
from dataclasses import MISSING, dataclass, fields, is_dataclass
from enum import Enum
from functools import cache
from typing import Any, Literal, NoReturn, TypeAlias, TypeVar, Union, cast, get_args, get_origin, get_type_hints

import numpy as np

from models.protocols import Samples
from pipeline.errors import PipelineError, StageFailed
from pipeline.runtime.record import Record

T = TypeVar("T")

Json: TypeAlias = Any
"""A value that `json` reads and writes."""

DERIVED: Mapping[type, frozenset[str]] = {
    Record: frozenset({"transcript", "intents", "outcomes", "reply", "visemes", "face", "partial", "shown"}),
}
"""Fields that are not written, because they follow from a turn's packets."""


@dataclass(frozen=True, slots=True)
class Sound:
    """The place of samples in a track."""

    track: str
    offset: int
    """The number of samples before them in the track."""
    count: int
    digest: str
    """The digest of the samples, as `digest` returns it."""


Keep: TypeAlias = Callable[[Samples, int], Sound]
"""Stores samples, given with their rate in Hz, and returns their place."""

Restore: TypeAlias = Callable[[Sound], Samples]


def no_sound(*_: Any) -> NoReturn:
    """Stand for `Keep` and `Restore` where no samples may occur. Raises ValueError."""
    raise ValueError("samples in a place where none can be")


def digest(samples: Samples) -> str:
    """Return BLAKE2b, 8 bytes, of the samples as little-endian float32: equal only for sound that is equal bit by bit.

    Negative zeros count as zeros, because tracks do not hold the sign that filters leave on a zero."""
    return hashlib.blake2b((samples + np.float32(0.0)).astype("<f4").tobytes(), digest_size=8).hexdigest()


def fingerprint(packet: Any, digest_of: Callable[[Samples], str] = digest) -> str:
    """Return a packet as a line of text, with digests instead of samples. Packets have the same line if they are equal
    bit by bit.

    Raises TypeError for what no packet may hold."""
    data = encode(packet, lambda samples, _: Sound("", 0, samples.size, digest_of(samples)))
    return f"{type(packet).__name__} {json.dumps(data, ensure_ascii=False)}"


def encode(value: Any, keep: Keep) -> Json:
    """Return `value` as JSON. Raises TypeError for what no packet may hold."""
    match value:
        case None | str() | bool() | int() | float():  # also a StrEnum, which json writes as its value
            return value
        case np.generic():
            return value.item()
        case Mapping():
            return {_key(key): encode(item, keep) for key, item in value.items()}
        case list() | tuple():
            return [encode(item, keep) for item in value]
        case StageFailed():
            return {"stage": value.stage, "turn": value.turn, "cause": str(value.__cause__ or "")}
        case _:
            return _encode_fields(value, keep)


def _key(key: Any) -> str:
    if not isinstance(key, str):
        raise TypeError(f"a map with {type(key).__name__} for a key cannot be recorded")
    return key


def _encode_fields(value: Any, keep: Keep) -> Json:
    if isinstance(value, type) or not is_dataclass(value):
        raise TypeError(f"a {type(value).__name__} cannot be recorded")
    data: dict[str, Json] = {}
    derived = DERIVED.get(type(value), frozenset())
    for each in fields(value):
        if each.name in derived:
            continue
        item = getattr(value, each.name)
        if isinstance(item, np.ndarray):
            sound = keep(item, getattr(value, "sample_rate"))  # noqa: B009  no type says that it is there
            data[each.name] = {name: getattr(sound, name) for name in Sound.__slots__}
        else:
            data[each.name] = encode(item, keep)
    return data


def decode(kind: type[T], data: Json, restore: Restore) -> T:
    """Return a value of the type `kind` from its JSON. Raises ValueError, with the place, for data that is not one."""
    return cast(T, decoder(cast(Hashable, kind))(data, restore))


Decode: TypeAlias = Callable[[Json, Restore], Any]


@cache
def decoder(kind: Any) -> Decode:
    """Return the function that reads values of a type. Raises TypeError for a type that cannot be recorded."""
    found: Decode | None = None
    if get_args(kind):
        found = _composed(kind, get_origin(kind), get_args(kind))
    elif isinstance(kind, type) and issubclass(kind, Enum):
        found = _choice([member.value for member in kind], kind)
    elif kind is StageFailed:
        found = _failure
    elif is_dataclass(kind):
        found = _dataclass(cast(type, kind))
    elif kind in _PLAIN:
        found = _plain(kind)
    if found is None:
        raise TypeError(f"{kind} cannot be recorded")
    return found


def _composed(kind: Any, origin: Any, arguments: tuple[Any, ...]) -> Decode | None:
    """Return the function that reads values of a type with parameters."""
    if origin is np.ndarray and kind == Samples:
        sound = decoder(Sound)
        return lambda data, restore: restore(sound(data, restore))
    if origin in (Union, types.UnionType):
        return _union([decoder(member) for member in arguments])
    if origin is Literal:
        return _choice(arguments, lambda data: data)
    if origin in (list, Sequence) or (origin is tuple and arguments[1:] == (...,)):
        return _sequence(list if origin is list else tuple, decoder(arguments[0]))
    if origin is tuple:
        return _fixed([decoder(part) for part in arguments])
    return _map(decoder(arguments[1])) if origin in (dict, Mapping) and arguments[0] is str else None


_PLAIN: Mapping[Any, tuple[type, ...]] = {
    str: (str,),
    int: (int,),
    float: (float, int),
    bool: (bool,),
    types.NoneType: (types.NoneType,),
    None: (types.NoneType,),
    Any: (object,),
}


def _plain(kind: Any) -> Decode:
    accepted = _PLAIN[kind]

    def read(data: Any, _: Restore) -> Any:
        if not isinstance(data, accepted) or (isinstance(data, bool) and kind in (int, float)):
            raise _wrong(data, kind.__name__)
        try:
            return float(cast(float, data)) if kind is float else data
        except OverflowError:
            raise _wrong(data, "a number that is no larger than numbers can be") from None

    return read


def _choice(values: Sequence[Any], make: Callable[[Any], Any]) -> Decode:
    def read(data: Json, _: Restore) -> Any:
        if not any(data == value and type(data) is type(value) for value in values):
            raise _wrong(data, f"one of {', '.join(map(str, values))}")
        return make(data)

    return read


def _union(members: list[Decode]) -> Decode:
    def read(data: Json, restore: Restore) -> Any:
        failures = []
        for member in members:
            try:
                return member(data, restore)
            except ValueError as error:
                failures.append(str(error))
        raise ValueError(failures[0])

    return read


def _sequence(make: Callable[[list[Any]], Any], item: Decode) -> Decode:
    def read(data: Json, restore: Restore) -> Any:
        if not isinstance(data, list):
            raise _wrong(data, "a list")
        return make([item(each, restore) for each in data])

    return read


def _fixed(parts: list[Decode]) -> Decode:
    def read(data: Json, restore: Restore) -> Any:
        if not isinstance(data, list) or len(data) != len(parts):
            raise _wrong(data, f"a list of {len(parts)}")
        return tuple(part(each, restore) for part, each in zip(parts, data, strict=True))

    return read


def _map(item: Decode) -> Decode:
    def read(data: Json, restore: Restore) -> Any:
        if not isinstance(data, dict):
            raise _wrong(data, "a map")
        return {key: item(each, restore) for key, each in data.items()}

    return read


def _dataclass(kind: type) -> Decode:
    hints, derived = get_type_hints(kind), DERIVED.get(kind, frozenset())
    own = [each for each in fields(kind) if each.name not in derived]
    readers = {each.name: decoder(hints[each.name]) for each in own}
    needed = [each.name for each in own if each.default is MISSING and each.default_factory is MISSING]

    def read(data: Json, restore: Restore) -> Any:
        if not isinstance(data, dict):
            raise _wrong(data, f"a {kind.__name__}")
        if absent := [name for name in needed if name not in data]:
            raise ValueError(f"{kind.__name__}.{absent[0]} is missing")
        values = {}
        for name, item in data.items():
            if name not in readers:
                raise ValueError(f"{kind.__name__}.{name[:40]} is not known")
            try:
                values[name] = readers[name](item, restore)
            except ValueError as error:
                raise ValueError(f"{kind.__name__}.{name}: {error}") from None
        return kind(**values)

    return read


def _failure(data: Json, restore: Restore) -> StageFailed:
    if not isinstance(data, dict):
        raise _wrong(data, "a failure")
    cause = PipelineError(data.get("cause", ""))
    failure = StageFailed(str(data.get("stage", "")), str(data.get("turn", "")), cause)
    failure.__cause__ = cause
    return failure


def _wrong(data: Json, expected: str) -> ValueError:
    found = repr(data)
    return ValueError(f"found {found if len(found) <= 40 else found[:36] + '...'}, expected {expected}")
