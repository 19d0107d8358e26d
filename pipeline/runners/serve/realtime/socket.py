"""The WebSocket of a Realtime client."""

from __future__ import annotations

import json
import logging
from contextlib import suppress
from typing import Any

from pydantic import ValidationError
from pydantic_core import from_json
from starlette.responses import JSONResponse
from starlette.routing import BaseRoute, WebSocketRoute
from starlette.websockets import WebSocket, WebSocketDisconnect

from models.context import User
from pipeline.runners.serve.client_calls import ClientCall
from pipeline.runners.serve.outbox import Outbox
from pipeline.runners.serve.rate_limit import RateLimit
from pipeline.runners.serve.realtime.api_events import KNOWN, Append
from pipeline.runners.serve.realtime.event_error import EventError
from pipeline.runners.serve.realtime.event_handler import EventHandler
from pipeline.runners.serve.realtime.items import new_id
from pipeline.runners.serve.refusal import Refused
from pipeline.runners.serve.security import AccessControl, bearer
from pipeline.runners.serve.sessions import Sessions
from pipeline.wire import from_server
from pipeline.wire.fields import Message

log = logging.getLogger(__name__)

KEY = "openai-insecure-api-key."
"""The beginning of the subprotocol in which browsers, which cannot set headers, send their key."""
BETA = "realtime=v1", "openai-beta.realtime-v1"
"""The marks of clients from before August 2025, which speak an older version."""
MISTAKES = 100
"""Events that cannot be handled before the connection is closed."""
_STATUS = {"unauthorised": 401, "too-many-sessions": 429, "shutting-down": 503}


def routes(sessions: Sessions, access: AccessControl) -> list[BaseRoute]:
    """Return the route at which Realtime clients connect. Their `base_url` is ``http://HOST:PORT/v1``."""

    async def realtime(socket: WebSocket) -> None:
        try:
            offered = socket.scope.get("subprotocols", [])
            if socket.headers.get("openai-beta") == BETA[0] or BETA[1] in offered:
                raise Refused("unknown-protocol", "the Realtime API's beta is not spoken here; use a current client")
            keys = [name.removeprefix(KEY) for name in offered if name.startswith(KEY)]
            user = access.user(bearer(socket.headers.get("authorization", "")) or (keys or [""])[0])
            connection = RealtimeConnection(socket, sessions, user)
        except Refused as refusal:
            sessions.totals.refusals[refusal.code] += 1
            error = _described(str(refusal), refusal.code)
            await socket.send_denial_response(JSONResponse({"error": error}, _STATUS.get(refusal.code, 400)))
            return
        await connection.serve("realtime" if "realtime" in offered else None)

    return [WebSocketRoute("/v1/realtime", realtime)]


class RealtimeConnection:
    """A connection of a Realtime client; the session's `Connection`."""

    def __init__(self, socket: WebSocket, sessions: Sessions, user: User) -> None:
        self._socket, self._sessions = socket, sessions
        self._outbox = Outbox(socket, self._refuse)
        self._mistakes, self._rate_limit = 0, RateLimit()
        self._event_id: str | None = None  # id of the event that is being handled
        self._handler = EventHandler(sessions, user, self._send, self._complain)

    async def serve(self, subprotocol: str | None) -> None:
        """Serve the client until it leaves or is refused."""
        client = self._handler.client
        client.attach(self, frozenset())
        self._sessions.start(client)
        try:
            await self._socket.accept(subprotocol)
            await self._outbox.exchange(self._read())
        finally:
            self._handler.close()

    async def _read(self) -> None:
        with suppress(WebSocketDisconnect):
            while True:
                received = await self._socket.receive()
                if received["type"] == "websocket.disconnect":
                    return
                await self._handle(received.get("text") or received.get("bytes") or b"")

    async def _handle(self, text: str | bytes) -> None:
        try:
            given = _object(text)
            self._event_id = given["event_id"] if isinstance(given.get("event_id"), str) else None
            event = KNOWN.validate_python(given)
            if not isinstance(event, Append):  # sound that comes too fast is slowed down instead
                self._rate_limit.message()
            await self._handler.handle(event)
        except ValidationError as error:
            self._complain(_mistaken(error))
        except EventError as mistake:
            self._complain(mistake)
        except Refused as refusal:
            self._refuse(refusal)
        finally:
            self._event_id = None

    # --- what the handler sends --------------------------------------------------------------------------------------

    def _send(self, kind: str, /, **fields: Any) -> None:
        if kind == "input_audio_buffer.speech_started":  # the client falls silent now
            self._outbox.drop_sound()
        event = json.dumps({"type": kind, "event_id": new_id("event"), **fields})
        self._outbox.put(event, sound=kind == "response.output_audio.delta")

    def _refuse(self, refusal: Refused) -> None:
        """Count the refusal, tell the client, and close the connection."""
        self._sessions.totals.refusals[refusal.code] += 1
        self.close(refusal.message())

    def _complain(self, mistake: EventError) -> None:
        self._mistakes += 1
        self._sessions.totals.refusals["failed" if mistake.code == "failed" else "not-understood"] += 1
        self._send(
            "error", error=_described(str(mistake), mistake.code, mistake.param, mistake.event_id or self._event_id)
        )
        if self._mistakes >= MISTAKES:
            self.close(Refused("not-understood", f"{MISTAKES} events could not be obeyed").message())

    # --- what the session wants --------------------------------------------------------------------------------------

    def tell(self, message: Message) -> None:
        """Do nothing: the handler and its observer send the same in the events of this API."""

    def call(self, call: ClientCall) -> None:
        """Send the call in the events of this API."""
        self._handler.call(call)

    def close(self, error: from_server.Error) -> None:
        """Tell the client why, and close the connection."""
        self._send("error", error=_described(error.message, error.code))
        self._outbox.finish()


def _described(message: str, code: str, param: str | None = None, event_id: str | None = None) -> dict[str, str | None]:
    """Return an error as the API describes it."""
    kind = "server_error" if code == "failed" else "invalid_request_error"
    return {"type": kind, "code": code, "message": message, "param": param, "event_id": event_id}


def _object(text: str | bytes) -> dict[str, Any]:
    """Return the JSON object that a client sent. Raises EventError."""
    try:
        given = from_json(text, allow_inf_nan=False)
    except ValueError as error:
        raise EventError(f"that is no JSON: {error}", code="invalid_json") from error
    if not isinstance(given, dict):
        raise EventError('an event is a JSON object with a "type"', code="invalid_json")
    return given


def _mistaken(error: ValidationError) -> EventError:
    """Return what is wrong with an event, without what the user said."""
    mistake = error.errors(include_url=False, include_input=False)[0]
    return EventError(mistake["msg"], param=".".join(str(part) for part in mistake["loc"][1:]) or "type")
