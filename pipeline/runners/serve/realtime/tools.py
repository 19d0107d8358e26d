"""The tools of a Realtime client: they become skills of its session, and their calls and outputs events."""

from __future__ import annotations

import json
from collections.abc import Iterable

from models.language.finding import known_language
from models.manager.tools import Tool, told, tool
from models.protocols import Outcome
from pipeline.runners.serve.client_calls import ClientCall
from pipeline.runners.serve.client_session import ClientSession
from pipeline.runners.serve.realtime.api_events import FunctionTool, Modalities, NewItem
from pipeline.runners.serve.realtime.event_error import EventError
from pipeline.runners.serve.realtime.items import CallItem, new_id
from pipeline.runners.serve.realtime.observer import RealtimeObserver

OPEN = 64
"""Calls whose outputs are taken, at most: the latest ones."""


class ClientTools:
    """The tools of one client, and its calls that have no output yet."""

    def __init__(self, client: ClientSession, observer: RealtimeObserver) -> None:
        self._client, self._observer = client, observer
        self._tools: dict[str, Tool] = {}
        self._open: dict[str, None] = {}
        self._outputs: dict[str, Outcome] = {}

    def bring(self, functions: Iterable[FunctionTool]) -> list[EventError]:
        """Take the client's functions as skills of the session, and return what is wrong with those that cannot be."""
        language = known_language(self._client.session.language)
        tools, mistakes = [], []
        for function in functions:
            try:
                tools.append(tool(function.name, function.description, function.parameters or {}, language))
            except (TypeError, ValueError, AttributeError) as error:  # a JSON schema may hold anything
                mistakes.append(f"tool {function.name!r}: its parameters are no JSON schema of an object: {error}")
        self._tools = {each.card.name: each for each in tools}
        mistakes += self._client.bring(each.card for each in tools)
        return [EventError(f"session.tools: {mistake}", param="session.tools") for mistake in mistakes]

    def call(self, call: ClientCall) -> None:
        """Tell the client that the user wants one of its tools."""
        language = known_language(self._client.session.language)
        known = self._tools.get(call.skill)
        arguments = known.arguments(call.slots, language) if known else dict(call.slots)
        while len(self._open) >= OPEN:
            del self._open[next(iter(self._open))]
        self._open[call.id] = None
        self._observer.call(call.skill, call.id, json.dumps(arguments, ensure_ascii=False))

    def take(self, item: NewItem) -> None:
        """Take what came of a call; the answer goes on when the client asks for a response. Raises EventError."""
        if item.call_id not in self._open:
            raise EventError(
                f"item.call_id: no call {item.call_id[:64]!r} waits for an output", code="item_not_found", param="item"
            )
        if item.id and item.id in self._observer.items:
            raise EventError(f"there is an item {item.id!r} already", param="item.id")
        del self._open[item.call_id]
        status, say = told(item.output)
        self._outputs[item.call_id] = Outcome("", status, say)
        added = CallItem(item.id or new_id("item"), "function_call_output", item.output, call_id=item.call_id)
        self._observer.items.add(added)
        self._observer.items.done(added)

    def go_on(self, modalities: Modalities | None) -> bool:
        """Let the turns go on whose calls have outputs now; False where no output waits."""
        outputs, self._outputs = self._outputs, {}
        if not outputs:
            return False
        waiting = any(self._client.calls.waits(call) for call in outputs)
        self._observer.go_on(modalities, answered=waiting)
        for call, outcome in outputs.items():
            self._client.calls.answer(call, outcome)
        return True
