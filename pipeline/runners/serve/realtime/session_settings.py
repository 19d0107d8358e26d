"""What applies in a session, after the wishes of the client."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from pydantic import ValidationError

from pipeline.graph.graph import Graph
from pipeline.graph.turns import Policy
from pipeline.runners.serve.realtime.api_events import Detection, FunctionTool, Wishes
from pipeline.runners.serve.realtime.audio_format import AudioFormat, Pcm
from pipeline.runners.serve.realtime.event_error import EventError
from pipeline.wire.fields import SKILLS

TOOLS = "session.tools"
Complain = Callable[[EventError], None]


@dataclass(frozen=True, slots=True)
class SessionSettings:
    """The settings of one session."""

    hears: AudioFormat = field(default_factory=Pcm)
    speaks: AudioFormat = field(default_factory=Pcm)
    detection: str | None = "server_vad"
    """The kind of turn detection, as the client calls it; None where the client ends turns itself."""
    transcribes: bool = True
    """Whether the client is told the user's words."""
    text: bool = False
    """Whether answers are written and not spoken."""
    instructions: str = ""
    """How the client wants the avatar to talk."""
    tools: tuple[FunctionTool, ...] = ()
    """The client's functions that the user may want called."""

    @property
    def policy(self) -> Policy:
        """The way of taking turns, as a graph calls it."""
        return "hands-free" if self.detection else "push-to-talk"

    def updated(self, wishes: Wishes, complain: Complain) -> SessionSettings:
        """Return the settings with those wishes that can be fulfilled; complain of the others. Raises EventError where
        the session is not of the kind that is served here."""
        if wishes.type != "realtime":
            raise EventError(
                f"session.type: {wishes.type!r} sessions are not served here; only 'realtime'", param="session.type"
            )
        settings = self
        if wishes.tools is not None:
            settings = replace(settings, tools=tuple(_tools(wishes.tools, complain)))
        if wishes.instructions is not None:
            settings = replace(settings, instructions=wishes.instructions)
        if wishes.output_modalities is not None:
            settings = replace(settings, text="audio" not in wishes.output_modalities)
        heard = wishes.audio.input if wishes.audio else None
        if heard:
            if heard.format:
                settings = replace(settings, hears=heard.format)
            if "turn_detection" in heard.model_fields_set:
                settings = replace(settings, detection=_detection(heard.turn_detection, complain))
            if "transcription" in heard.model_fields_set:
                settings = replace(settings, transcribes=heard.transcription is not None)
        spoken = wishes.audio.output if wishes.audio else None
        if spoken and spoken.format:
            settings = replace(settings, speaks=spoken.format)
        return settings

    def as_dict(self, name: str, graph: Graph) -> dict[str, Any]:
        """Return the session as the API describes it."""
        return {
            "type": "realtime",
            "object": "realtime.session",
            "id": f"sess_{name}",
            "model": graph.name,
            "instructions": self.instructions,
            "tools": [tool.model_dump(exclude_none=True) for tool in self.tools],
            "tool_choice": "auto" if self.tools else "none",
            "output_modalities": modalities(text=self.text),
            "max_output_tokens": "inf",
            "tracing": None,
            "audio": {
                "input": {
                    "format": described(self.hears),
                    "noise_reduction": None,
                    "transcription": {"model": graph.name, "language": graph.language} if self.transcribes else None,
                    "turn_detection": self._detection(graph),
                },
                "output": {"format": described(self.speaks), "voice": graph.name, "speed": 1.0},
            },
        }

    def _detection(self, graph: Graph) -> dict[str, Any] | None:
        if not self.detection:
            return None
        told: dict[str, Any] = {"type": self.detection, "create_response": True, "interrupt_response": True}
        if self.detection == "semantic_vad":
            return told | {"eagerness": "auto"}
        turns = graph.turns
        return told | {
            "threshold": turns.threshold,
            "prefix_padding_ms": round(1000 * turns.lead),
            "silence_duration_ms": round(1000 * turns.pause),
        }


def _tools(given: Sequence[Mapping[str, Any]], complain: Complain) -> Iterator[FunctionTool]:
    """Give the tools that can be served, and complain of the others."""
    for at, each in enumerate(given):
        try:
            tool = FunctionTool.model_validate(each)
        except ValidationError as error:
            mistake = error.errors(include_url=False, include_input=False)[0]
            place = ".".join(str(part) for part in mistake["loc"])
            complain(
                EventError(f"session.tools[{at}].{place}: {mistake['msg']}; only functions are served", param=TOOLS)
            )
            continue
        if at >= SKILLS:
            complain(EventError(f"session.tools[{at}]: {SKILLS} tools are the most", param=TOOLS))
            return
        yield tool


def modalities(*, text: bool) -> list[str]:
    """Return the output modalities as the API names them."""
    return ["text"] if text else ["audio"]


def described(form: AudioFormat) -> dict[str, Any]:
    """Return a format as the API describes it."""
    return {"type": form.type, "rate": form.rate} if isinstance(form, Pcm) else {"type": form.type}


def _detection(wanted: Detection | None, complain: Complain) -> str | None:
    if wanted is None:
        return None
    for wish, instead in (
        ("create_response", "with turn_detection null, the client asks for answers itself"),
        ("interrupt_response", "the graph decides what interrupts the avatar (turns.interrupt)"),
    ):
        if getattr(wanted, wish) is False:
            param = f"session.audio.input.turn_detection.{wish}"
            complain(
                EventError(f"{param}: false is not served here; {instead}", code="unsupported_parameter", param=param)
            )
    return wanted.type
