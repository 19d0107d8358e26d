"""What a graph file may say, section by section. Names are checked later, against what is registered."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import Annotated, Any, Literal, TypeAlias

from pydantic import AfterValidator, BaseModel, BeforeValidator, Field

from pipeline.graph.document import Value
from pipeline.graph.graph import AUDIO
from pipeline.graph.load import Document
from pipeline.graph.mistakes import Mistakes, Path, suggestion
from pipeline.graph.section import read_section
from pipeline.graph.turns import Optional, Seconds, Turns

DEFAULT_ENGINES = {"vad": "silero", "task": "skills", "lipsync": "phonemes"}
"""The engines of steps that have only one obvious choice."""

_NAME = re.compile(r"[a-z][a-z0-9_-]{0,39}")


def _language(code: str) -> str:
    if not re.fullmatch(r"[a-z]{2}", code):
        raise ValueError("an ISO 639-1 code in small letters, such as en or zh")
    return code


Language: TypeAlias = Annotated[str, AfterValidator(_language)]


def _listed(value: Any) -> Any:
    return [value] if isinstance(value, str) else value


Names = Annotated[list[str], BeforeValidator(_listed), Field(min_length=1)]


class Section(BaseModel, extra="forbid"):
    """A section of a graph file; unknown keys are refused."""

    @classmethod
    def keys(cls) -> tuple[str, ...]:
        """Return the keys that it may have."""
        return tuple(field.alias or name for name, field in cls.model_fields.items())


class EngineSpec(Section):
    """An engine of a stage."""

    engine: str
    """The registered name of the engine."""
    options: dict[str, Any] = Field({}, alias="with")
    """Arguments of the engine's constructor."""
    deadline: Seconds | None = None
    """Seconds until the result of a call, or the first item of a stream. Without a deadline a call may take for
    ever."""


class StageSpec(Section, extra="allow"):
    """A stage; keys other than these are the stage's own options."""

    use: str = ""
    """The kind of stage, which is the node's own name by default."""
    inputs: Names = Field(alias="from")
    """Names of the nodes that it reads."""
    engine: str = ""
    options: dict[str, Any] = Field({}, alias="with")
    deadline: Seconds | None = None
    fallbacks: list[dict[str, Any]] = []
    """Engines that are asked, in this order, where the one before failed or was late."""
    buffer: int = Field(16, ge=1, le=10_000)
    """Packets that wait for it, at most."""


def _named(value: Any) -> Any:
    return {"engine": value} if isinstance(value, str) else value


Judge = Annotated[EngineSpec, BeforeValidator(_named)]
"""An engine of turn-taking: its name, or a map."""


class TurnsSpec(Section, Turns):
    """How a conversation is cut into turns, and by which engines."""

    engine: str = DEFAULT_ENGINES["vad"]
    """The voice detector."""
    options: dict[str, Any] = Field({}, alias="with")
    endpoint: Optional[Judge] = None
    """The engine that tells whether the user has finished."""
    wake: Optional[Judge] = None
    """The engine that waits for the avatar's name."""


class Head(Section):
    """The keys that concern the whole graph."""

    version: Literal[1] = 1
    """The version of the file format."""
    name: str = ""
    description: str = ""
    role: str = ""
    """The role of the avatar, which `pipeline.graph.roles` has put into the stages."""
    language: Language = "en"
    """The language of users who do not ask for another."""
    languages: list[Language] = []
    """All languages that users may speak and are answered in; `language` is one of them."""
    sample_rate: int = Field(16_000, ge=8_000, le=192_000)
    """The sample rate of the user's sound in Hz."""
    turns: dict[str, Any] = {}
    stages: dict[str, Any] = Field(min_length=1)
    outputs: Names
    """Names of the nodes whose packets leave the graph."""


@dataclass(frozen=True, slots=True)
class Ranked:
    """An engine of a node, and where the file names it."""

    engine: str
    options: dict[str, Any]
    deadline: float | None
    path: Path


@dataclass(frozen=True, slots=True)
class NodeSpec:
    """A node, and what of it could be read."""

    name: str
    step: str
    spec: StageSpec
    fallbacks: tuple[Ranked, ...]

    @property
    def path(self) -> Path:
        """The path of the node in the file."""
        return ("stages", self.name)

    @property
    def options(self) -> dict[str, Any]:
        """The stage's own options."""
        return self.spec.model_extra or {}


@dataclass(frozen=True, slots=True)
class GraphSpec:
    """A graph file whose sections are well formed, or what is left of them without the mistakes that were noted."""

    name: str
    description: str
    languages: tuple[str, ...]
    """ISO 639-1 codes of the languages, the usual one first."""
    sample_rate: int
    turns: TurnsSpec
    nodes: tuple[NodeSpec, ...]
    named: frozenset[str]
    """Names of all nodes, including those that could not be read."""
    outputs: tuple[str, ...]
    root: Value
    mistakes: Mistakes = field(default_factory=Mistakes, repr=False, compare=False)
    """The mistakes that were found in the file so far."""

    def note(self, path: Path, message: str) -> None:
        """Note a mistake in what stands at `path`, or in the nearest value around it."""
        self.mistakes.add(self.root.mark_of(path), path, message)


def read_spec(document: Document, mistakes: Mistakes) -> GraphSpec:
    """Return the sections of `document`. What is wrong is noted and left out."""
    root = document.root
    head = read_section(Head, root, (), mistakes, Head.keys())
    turns = root.get("turns") or Value({}, root.mark)
    detector = read_section(TurnsSpec, turns, ("turns",), mistakes, TurnsSpec.keys()) or TurnsSpec()
    if detector.longest <= detector.shortest:
        message = f"found {detector.longest:g}, expected more than 'shortest', which is {detector.shortest:g}"
        mistakes.add(turns.mark_of(("longest",)), ("turns", "longest"), message)
    stages = root.get("stages")
    named = stages.data if stages and isinstance(stages.data, dict) else {}
    nodes = [_node(name, value, root, mistakes) for name, value in named.items()]
    return GraphSpec(
        name=document.name,
        description=head.description if head else "",
        languages=_languages(head, root, mistakes) if head else ("en",),
        sample_rate=head.sample_rate if head else 16_000,
        turns=detector,
        nodes=tuple(node for node in nodes if node),
        named=frozenset(named),
        outputs=tuple(head.outputs) if head else (),
        root=root,
        mistakes=mistakes,
    )


def _languages(head: Head, root: Value, mistakes: Mistakes) -> tuple[str, ...]:
    """Return the languages that users may speak, beginning with `language`, or else with the first of `languages`."""
    if not head.languages:
        return (head.language,)
    usual = head.language if root.get("language") is not None else head.languages[0]
    if usual not in head.languages:
        path: Path = ("language",)
        message = f"{usual!r} is none of 'languages', which are {', '.join(head.languages)}; add it there"
        mistakes.add(root.mark_of(path), path, message)
    return tuple(dict.fromkeys((usual, *head.languages)))


def _node(name: str, value: Value, root: Value, mistakes: Mistakes) -> NodeSpec | None:
    path: Path = ("stages", name)
    if not _NAME.fullmatch(name) or name == AUDIO:
        rule = "small letters, digits, - and _" if name != AUDIO else f"another: {AUDIO!r} is the user's own sound"
        mistakes.add(value.mark, path, f"not a name for a stage; expected {rule}")
        return None
    if value.data is None:
        others = [other for other in (root.get("stages") or value).plain() if other != name]
        hint = f"the graph below has no {name!r} to remove; {suggestion(name, others)}"
        mistakes.add(value.mark, path, f"found null, expected a map; if this is an overlay, {hint}")
        return None
    spec = read_section(StageSpec, value, path, mistakes, StageSpec.keys())
    if spec is None:
        return None
    fallbacks = []
    for place in range(len(spec.fallbacks)):
        where: Path = (*path, "fallbacks", place)
        found = value.get("fallbacks", place)
        if found and (fallback := read_section(EngineSpec, found, where, mistakes, EngineSpec.keys())):
            fallbacks.append(Ranked(fallback.engine, fallback.options, fallback.deadline, where))
    return NodeSpec(name, spec.use or name, spec, tuple(fallbacks))
