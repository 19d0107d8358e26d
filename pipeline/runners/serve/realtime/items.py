"""The conversation as a client of the API sees it: items, responses, and the events that report them."""

from __future__ import annotations

import secrets
from collections import OrderedDict
from dataclasses import dataclass
from typing import Any, Literal, Protocol

from pipeline.devices.playback import Playback
from pipeline.runners.serve.realtime.audio_format import AudioFormat, to_base64
from pipeline.runners.serve.realtime.event_error import EventError
from pipeline.runners.serve.realtime.session_settings import described, modalities

KEPT = 256
"""Items that a client can still ask for."""

Kind = Literal["input_text", "input_audio", "output_text", "output_audio", "function_call", "function_call_output"]


class Send(Protocol):
    """Sends an event without waiting."""

    def __call__(self, type: str, /, **fields: Any) -> None: ...


def new_id(kind: str) -> str:
    """Return a new id for something that the server makes."""
    return f"{kind}_{secrets.token_hex(10)}"


@dataclass(slots=True)
class Item:
    """Something that the user or the avatar said."""

    id: str
    kind: Kind
    text: str = ""
    """The words that are known so far."""
    status: Literal["in_progress", "completed", "incomplete"] = "completed"
    before: str | None = None
    """The id of the item before this one."""
    answer: Playback | None = None
    """The playback of the spoken answer to which the item belongs."""
    start: int = 0
    """The sample of the answer at which the item begins."""
    rate: int = 1
    """The answer's samples per second."""

    def as_dict(self) -> dict[str, Any]:
        """Return the item as the API describes it."""
        return {
            "id": self.id,
            "object": "realtime.item",
            "type": "message",
            "role": "user" if self.kind.startswith("input") else "assistant",
            "status": self.status,
            "content": [] if self.status == "in_progress" else [{"type": self.kind, self.field: self.text or None}],
        }

    @property
    def field(self) -> str:
        """The name of the field that holds the words."""
        return "text" if self.kind.endswith("text") else "transcript"

    @property
    def part(self) -> dict[str, Any]:
        """The item's content as the API describes it in a response."""
        return {"type": self.kind.removeprefix("output_"), self.field: self.text}


@dataclass(slots=True)
class CallItem(Item):
    """A call of one of the client's tools, or what came of it."""

    call_id: str = ""
    name: str = ""
    """The name of the tool; empty for what came of a call."""

    def as_dict(self) -> dict[str, Any]:
        """Return the item as the API describes it. `text` is the arguments in JSON, or the output."""
        told = {"id": self.id, "object": "realtime.item", "type": self.kind, "status": self.status}
        own = {"name": self.name, "arguments": self.text} if self.kind == "function_call" else {"output": self.text}
        return told | {"call_id": self.call_id} | own


class Items:
    """The latest items in their order."""

    def __init__(self, send: Send) -> None:
        self._send = send
        self._items: OrderedDict[str, Item] = OrderedDict()

    @property
    def last(self) -> str | None:
        """The id of the latest item."""
        return next(reversed(self._items), None)

    def add(self, item: Item) -> None:
        """Add an item after all others."""
        item.before = self.last
        self._items[item.id] = item
        if len(self._items) > KEPT:
            self._items.popitem(last=False)
        self._send("conversation.item.added", previous_item_id=item.before, item=item.as_dict())

    def done(self, item: Item) -> None:
        """Report that an item is complete."""
        self._send("conversation.item.done", previous_item_id=item.before, item=item.as_dict())

    def find(self, item_id: str) -> Item:
        """Return the item with that id. Raises EventError where it is not known."""
        if item_id not in self._items:
            raise EventError(
                f"item {item_id!r} is not known; the latest {KEPT} are", code="item_not_found", param="item_id"
            )
        return self._items[item_id]

    def delete(self, item: Item) -> None:
        """Remove an item from the conversation."""
        if self._items.pop(item.id, None):
            self._send("conversation.item.deleted", item_id=item.id)

    def __contains__(self, item_id: str) -> bool:
        return item_id in self._items


class Response:
    """One answer, or the part of it that is given without a break: at most one item."""

    def __init__(self, send: Send, items: Items, form: AudioFormat, *, text: bool, conversation: str) -> None:
        self.id = new_id("resp")
        self.text = text
        """Whether the answer is written and not spoken."""
        self.form = form
        self.over = False
        self._send, self._items, self._conversation = send, items, conversation
        self.item: Item | None = None
        """The item that holds the answer; None until it begins."""
        send("response.created", response=self._as_dict("in_progress"))

    def begin(self, answer: Playback | None = None, start: int = 0) -> None:
        """Begin the item, at sample `start` of a spoken answer."""
        kind: Kind = "output_text" if self.text else "output_audio"
        item = Item(new_id("item"), kind, status="in_progress", answer=answer, start=start, rate=self.form.rate)
        self.item = item
        self._send("response.output_item.added", response_id=self.id, output_index=0, item=item.as_dict())
        self._items.add(item)
        self._tell("response.content_part.added", part=item.part)

    def words(self, text: str) -> None:
        """Send the next words."""
        if self.item and text:
            self.item.text += text
            self._tell(
                "response.output_text.delta" if self.text else "response.output_audio_transcript.delta", delta=text
            )

    def sound(self, data: bytes) -> None:
        """Send the next sound."""
        self._tell("response.output_audio.delta", delta=to_base64(data))

    def call(self, name: str, call_id: str, arguments: str) -> None:
        """Fill the response with a call of the client's tool, and end it: the client goes on."""
        item = CallItem(new_id("item"), "function_call", status="in_progress", call_id=call_id, name=name)
        self.item, self.over = item, True
        place = {"response_id": self.id, "output_index": 0}
        self._send("response.output_item.added", **place, item=item.as_dict())
        self._items.add(item)
        item.text, item.status = arguments, "completed"
        call = {"item_id": item.id, "call_id": call_id}
        self._send("response.function_call_arguments.delta", **place, **call, delta=arguments)
        self._send("response.function_call_arguments.done", **place, **call, name=name, arguments=arguments)
        self._send("response.output_item.done", **place, item=item.as_dict())
        self._items.done(item)
        self._send("response.done", response=self._as_dict("completed"))

    def end(self, status: str = "completed", details: dict[str, Any] | None = None) -> None:
        """End the response; `details` give the reason where it is not complete."""
        if self.over:
            return
        self.over = True
        if item := self.item:
            item.status = "completed" if status == "completed" else "incomplete"
            if self.text:
                self._tell("response.output_text.done", text=item.text)
            else:
                self._tell("response.output_audio.done")
                self._tell("response.output_audio_transcript.done", transcript=item.text)
            self._tell("response.content_part.done", part=item.part)
            self._send("response.output_item.done", response_id=self.id, output_index=0, item=item.as_dict())
            self._items.done(item)
        self._send("response.done", response=self._as_dict(status, details))

    def _tell(self, kind: str, **fields: Any) -> None:
        assert self.item  # noqa: S101  told to mypy
        place = {"response_id": self.id, "item_id": self.item.id, "output_index": 0, "content_index": 0}
        self._send(kind, **place, **fields)

    def _as_dict(self, status: str, details: dict[str, Any] | None = None) -> dict[str, Any]:
        """Return the response as the API describes it."""
        return {
            "id": self.id,
            "object": "realtime.response",
            "conversation_id": self._conversation,
            "status": status,
            "status_details": {"type": status, **details} if details else None,
            "output": [self.item.as_dict()] if self.item and self.over else [],
            "output_modalities": modalities(text=self.text),
            "audio": {"output": {"format": described(self.form), "voice": None}},
            "max_output_tokens": "inf",
            "metadata": None,
            "usage": None,
        }
