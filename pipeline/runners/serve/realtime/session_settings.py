"""What applies in a session, after the wishes of the client."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field, replace
from typing import Any

from pipeline.graph.graph import Graph
from pipeline.graph.turns import Policy
from pipeline.runners.serve.realtime.api_events import Detection, Wishes
from pipeline.runners.serve.realtime.audio_format import AudioFormat, Pcm
from pipeline.runners.serve.realtime.event_error import EventError

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
        if wishes.tools:
            complain(
                EventError(
                    "session.tools: the skills of the graph run on the server, so a client's tools are never called",
                    code="unsupported_parameter",
                    param="session.tools",
                )
            )
        settings = self
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
            "instructions": "",
            "tools": [],
            "tool_choice": "none",
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
