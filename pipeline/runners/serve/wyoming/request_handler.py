"""The requests of one Wyoming client."""

from __future__ import annotations

import asyncio
import logging
import secrets
from collections.abc import AsyncGenerator, AsyncIterator, Awaitable, Callable
from contextlib import aclosing
from typing import Any, TypeAlias, cast

from wyoming.asr import Transcribe
from wyoming.asr import Transcript as Recognised
from wyoming.audio import AudioChunk, AudioStart, AudioStop
from wyoming.error import Error
from wyoming.event import Event, Eventable, async_write_event
from wyoming.handle import Handled, HandledStop, NotHandled
from wyoming.intent import Entity, NotRecognized, Recognize
from wyoming.intent import Intent as Recognition
from wyoming.ping import Ping, Pong
from wyoming.tts import Synthesize, SynthesizeChunk, SynthesizeStart, SynthesizeStop, SynthesizeStopped, SynthesizeVoice

from models.context import Context
from models.protocols import UNKNOWN, Samples
from pipeline.devices.pcm import WIDTH, to_pcm16
from pipeline.devices.resample import Resampler
from pipeline.errors import PipelineError
from pipeline.packets import Audio, Intent, Reply, Speech, Text, Transcript
from pipeline.runners.serve.refusal import Refused
from pipeline.runners.serve.sessions import Sessions
from pipeline.runners.serve.wyoming.answers import HandledSink, replies
from pipeline.runners.serve.wyoming.capabilities import gives, introduction, stage_for
from pipeline.runners.serve.wyoming.conversations import Conversations
from pipeline.runners.serve.wyoming.event_reader import BadEvent, read_event, samples_of, short, taken
from pipeline.runtime.record import Fate
from pipeline.stages.stage import Stage, Turn

log = logging.getLogger(__name__)

_Packets: TypeAlias = AsyncGenerator[Any, None]

IDLE = 300.0
"""Seconds without an event after which a connection is closed."""
STALLED = 30.0
"""Seconds that a client may take to read what it is sent."""
LONGEST = 120.0
"""Seconds of sound in an utterance at most."""
PIECE = 0.1
"""Seconds of sound in a chunk."""


class RequestHandler:
    """Serves one request after another; the events of a request are read while it is served."""

    def __init__(
        self,
        sessions: Sessions,
        conversations: Conversations,
        reader: asyncio.StreamReader,
        writer: asyncio.StreamWriter,
    ) -> None:
        self._graph, self._refusals = sessions.graph, sessions.totals.refusals
        self._conversations, self._reader, self._writer = conversations, reader, writer
        self._name = f"wyoming-{secrets.token_hex(4)}"
        self._spoken = sessions.graph.language  # in the sound that follows
        self._serves: dict[str, Callable[[Event], Awaitable[None]]] = {
            "describe": self._describe,
            "ping": self._ping,
            "transcribe": self._transcribe,
            "audio-start": self._recognise,
            "synthesize": self._synthesise,
            "synthesize-start": self._synthesise_stream,
            "transcript": self._handle,
            "recognize": self._understand,
        }

    async def serve(self) -> None:
        """Serve until the client leaves, is silent for `IDLE` seconds, or sends what is no event. Events of unknown
        types are ignored, as the protocol demands. Raises ConnectionError where the client leaves in the middle of a
        request."""
        try:
            while event := await self._next():
                try:
                    if serve := self._serves.get(event.type):
                        await serve(event)
                except _Unread:
                    raise
                except PipelineError as error:
                    await self._refuse(error)
        except _Unread as error:
            await self._refuse(error)
        except TimeoutError:
            log.info("a Wyoming client neither said nor read anything for long", extra={"connection": self._name})
            self._writer.transport.abort()  # closing would wait for the client to read
        finally:
            self._conversations.end(self._name)

    # --- one request each --------------------------------------------------------------------------------------------

    async def _describe(self, _: Event) -> None:
        await self._say(introduction(self._graph))

    async def _ping(self, event: Event) -> None:
        await self._say(Pong(taken(Ping, event).text))

    async def _transcribe(self, event: Event) -> None:
        """Check the language. The sound follows, and may come without this event."""
        self._spoken = self._language(taken(Transcribe, event).language)

    async def _recognise(self, event: Event) -> None:
        stage, heard, language = stage_for(self._graph, Transcript), "", self._spoken
        sound = self._sound(taken(AudioStart, event))
        async with aclosing(sound), self._run(stage, sound, language) as packets:
            async for packet in packets:
                if isinstance(packet, Transcript):
                    heard = packet.text
        await self._say(Recognised(heard, language=language))

    async def _synthesise(self, event: Event) -> None:
        asked = taken(Synthesize, event)
        language = self._check_voice(asked.voice, asked.text_format)
        await self._speak(replies(_one(asked.text), language), language)

    async def _synthesise_stream(self, event: Event) -> None:
        asked = taken(SynthesizeStart, event)
        language = self._check_voice(asked.voice, asked.text_format)
        await self._speak(replies(self._dictation(), language), language)
        await self._say(SynthesizeStopped())

    async def _handle(self, event: Event) -> None:
        """Answer a line as a part of its conversation: the one that the client names, or the connection's own."""
        said = taken(Recognised, event)
        conversation = str((said.context or {}).get("conversation_id") or self._name)[:100]
        session = self._conversations.find(conversation, self._language(said.language))
        answer = session.open()
        answer.confirm(session.now())
        sink = HandledSink(self._say, Speech if gives(self._graph, Speech) else Reply)
        await session.run(answer, _one(Text(short(said.text), session.now())), sink)
        if answer.record.fate is Fate.FAILED:
            raise Refused("failed", "this line could not be answered; the server's log says why")
        if not sink.said:
            await self._say(NotHandled("", said.context))
            return
        await self._say(Handled(sink.said.strip(), said.context))
        await self._say(HandledStop())

    async def _understand(self, event: Event) -> None:
        asked = taken(Recognize, event)
        stage, found, language = stage_for(self._graph, Intent), None, self._graph.language
        said = _one(Transcript(short(asked.text), language, 0.0, 0.0))
        async with self._run(stage, said, language) as packets:
            async for packet in packets:
                if isinstance(packet, Intent):
                    found = packet
        if found is None or found.name == UNKNOWN:
            await self._say(NotRecognized(context=asked.context))
            return
        entities = [Entity(name, value) for name, value in found.slots.items()]
        await self._say(Recognition(found.name, entities, context=asked.context))

    def _run(self, stage: Stage[Any, Any], inputs: AsyncIterator[Any], language: str) -> aclosing[_Packets]:
        """Run one stage on its own, and return its packets."""
        return aclosing(cast("_Packets", stage.run(inputs, Turn(self._name, Context(language, (language,))))))

    # --- sound and text ----------------------------------------------------------------------------------------------

    async def _sound(self, start: AudioStart) -> AsyncGenerator[Audio, None]:
        """Give the sound that follows, until the client ends it."""
        if start.width != 2 or not 1 <= start.channels <= 8 or not 8_000 <= start.rate <= 48_000:
            raise BadEvent(
                f"audio-start: {start.rate} Hz, {start.width} bytes, {start.channels} channels; "
                "expected 8000 to 48000 Hz, 2 bytes, 1 to 8 channels"
            )
        resampler, count = Resampler(start.rate, self._graph.sample_rate), 0
        while not AudioStop.is_type((event := await self._following()).type):
            if AudioChunk.is_type(event.type):
                heard = resampler.feed(samples_of(taken(AudioChunk, event), start))
                yield self._audio(heard, count)
                count += heard.size
        yield self._audio(resampler.flush(), count)

    def _audio(self, samples: Samples, before: int) -> Audio:
        rate = self._graph.sample_rate
        if before + samples.size > LONGEST * rate:
            raise BadEvent(f"an utterance has at most {LONGEST:g} s; end it with audio-stop")
        return Audio(samples, rate, before / rate)

    async def _dictation(self) -> AsyncGenerator[str, None]:
        """Give the text that follows in pieces, until the client ends it.

        The client sends the whole text once more, for servers that cannot follow the pieces; it is ignored."""
        while not SynthesizeStop.is_type((event := await self._following()).type):
            if SynthesizeChunk.is_type(event.type):
                yield taken(SynthesizeChunk, event).text

    async def _speak(self, replies: AsyncGenerator[Reply, None], language: str) -> None:
        stage, rate = stage_for(self._graph, Speech), 0
        async with aclosing(replies), self._run(stage, replies, language) as packets:
            async for packet in packets:
                if isinstance(packet, Speech):
                    if not rate:
                        rate = packet.voiced.sample_rate
                        await self._say(AudioStart(rate, WIDTH, 1))
                    await self._play(packet.voiced.samples, rate)
        if not rate:  # nothing can be spoken, as where the text is only an emoji
            await self._say(AudioStart(self._graph.sample_rate, WIDTH, 1))
        await self._say(AudioStop())

    async def _play(self, samples: Samples, rate: int) -> None:
        size = round(PIECE * rate)
        for first in range(0, samples.size, size):
            await self._say(AudioChunk(rate, WIDTH, 1, to_pcm16(samples[first : first + size])))

    def _language(self, wanted: str | None) -> str:
        """The language that a client means by a tag such as ``en-GB``; the graph's where it names none."""
        language = (wanted or self._graph.language).lower().replace("_", "-").partition("-")[0]
        if language not in (known := self._graph.languages):
            raise BadEvent(f"language: this server speaks {', '.join(known)} only, not {language[:20]!r}")
        return language

    def _check_voice(self, voice: SynthesizeVoice | None, text_format: str | None) -> str:
        if text_format not in (None, "text"):
            raise BadEvent(f"text_format: {text_format[:20]!r} is not known; send text")
        if voice and voice.name not in (None, self._graph.name):
            raise BadEvent(f"voice: there is one voice, {self._graph.name!r}; leave the voice out, or name that one")
        return self._language(voice.language if voice else None)

    # --- the line ----------------------------------------------------------------------------------------------------

    async def _next(self) -> Event | None:
        """Return the next event; None where the client has left. Raises TimeoutError, and _Unread."""
        async with asyncio.timeout(IDLE):
            try:
                return await read_event(self._reader)
            except BadEvent as error:
                raise _Unread(str(error)) from error

    async def _following(self) -> Event:
        """Return the next event of this request. Raises ConnectionError where the client has left."""
        if (event := await self._next()) is None:
            raise ConnectionResetError("the client left in the middle of a request")
        return event

    async def _say(self, event: Eventable) -> None:
        async with asyncio.timeout(STALLED):
            await async_write_event(event.event(), self._writer)

    async def _refuse(self, error: PipelineError) -> None:
        code = (
            error.code if isinstance(error, Refused) else "not-understood" if isinstance(error, BadEvent) else "failed"
        )
        self._refusals[code] += 1
        log.info("a Wyoming request was refused", extra={"connection": self._name, "code": code})
        await self._say(Error(str(error), code))


class _Unread(BadEvent):
    """The events of the client can no longer be told apart."""


async def _one(item: Any) -> AsyncGenerator[Any, None]:
    yield item
