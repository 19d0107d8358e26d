"""The step response: from the outcome of a task to what the avatar says.

What a task states is spoken as the task states it, or in a wording that was checked against it: nothing unchecked is
said about the world. Everything else is free talk in a role, checked clause by clause."""

from __future__ import annotations

import logging
from collections.abc import AsyncGenerator, AsyncIterator, Mapping, Sequence
from contextlib import aclosing
from dataclasses import replace
from typing import Literal

from pydantic import BaseModel, Field, field_validator

from models.context import Context
from models.dialogue import Exchange
from models.language.clauses import Clauses, clauses
from models.language.courtesies import answer
from models.language.finding import known_language, language_of
from models.language.guardrails import Guardrails
from models.language.language import Language
from models.language.marks import ends_sentence
from models.language.mood import TALKED_ABOUT
from models.language.repetition import TURNS
from models.protocols import UNKNOWN, WITHHELD, LanguageModel, Message
from models.roles.role import Persona, find_role
from pipeline.errors import EngineFailed, traced
from pipeline.host.host import Host
from pipeline.packets import Intent, Outcome, Reply, Transcript
from pipeline.stages.stage import Notice, Turn

log = logging.getLogger(__name__)

CHAT = frozenset(("small_talk", UNKNOWN))
"""Open tasks that the persona's prompt directs well enough, so the conversation reads as it was, and stays cached."""
_BLOCK = 4
"""The number of exchanges that are forgotten together."""
_REWORD_TOKENS = 64
_CLOSE_TOKENS = 16


class Options(BaseModel, extra="forbid"):
    """The options of the step response."""

    persona: str = "guide"
    """The name of a role, or the text of a prompt."""
    grounding: Literal["quote", "phrase"] = "quote"
    """``quote`` speaks a task's own sentence, at once; ``phrase`` lets the model word it, checks the wording, and
    quotes where it does not hold."""
    closing: bool = False
    """Whether the model may add a courtesy to what was done, where it writes one that states nothing."""
    chat: Literal["model", "phrases"] = "model"
    """Who answers small talk: the model, or phrases. A small model answers it with inventions."""
    unknown: Literal["chat", "decline"] = "chat"
    """What happens to words that no skill answers to: the model chats about them, or the persona says what it can do. A
    small model answers such words with inventions."""
    max_tokens: int = Field(120, ge=8)
    """Tokens that the model writes in free talk, at most."""
    sentences: int = Field(2, ge=1)
    """Sentences that are spoken in chat, at most."""
    long_sentences: int = Field(4, ge=1)
    """Sentences that are spoken at most where a task asked for a text, such as a story."""
    history: int = Field(1200, ge=0)
    """Characters of earlier turns that the model reads, at most."""

    @field_validator("persona")
    @classmethod
    def _known(cls, persona: str) -> str:
        find_role(persona)
        return persona


class Response:
    """Speaks for the avatar: states outcomes, and chats."""

    def __init__(self, host: Host[LanguageModel], options: Options) -> None:
        self.host, self.options = host, options
        self.role = find_role(options.persona)

    async def prepare(self, peers: Mapping[str, object]) -> None:
        """Let the engines read the persona, so that the first answer starts as soon as later ones."""
        await self.host.each(lambda engine: list(engine.complete([_system(self.role.persona())], max_tokens=0)))

    async def run(self, inputs: AsyncIterator[Transcript | Intent | Outcome], turn: Turn) -> AsyncIterator[Reply]:
        """Answer an outcome as soon as it comes. Words without an outcome are answered when the inputs end."""
        heard, wanted, joint = "", "", ""
        language, withheld = "", ""
        async for packet in inputs:
            match packet:
                case Transcript():
                    heard, language = packet.text.strip(), packet.language
                    context = turn.context.speaking(turn.context.answered_in(language))
                    turn = replace(turn, context=context)
                case Intent():
                    wanted, withheld = packet.name, str(packet.slots.get(WITHHELD, ""))
                case Outcome():
                    decline = self._decline(withheld, heard, language) if packet.task == UNKNOWN else ""
                    said = _recite(decline, _spoken(turn)) if decline else self._answer(packet, heard, turn)
                    async with aclosing(said) as texts:
                        async for text in texts:
                            yield Reply(joint + text, turn.context.language)
                            joint = ""
                    joint = " "
        if heard and not joint:
            async with aclosing(self._answer(Outcome(wanted, "open"), heard, turn)) as texts:
                async for text in texts:
                    yield Reply(text, turn.context.language)

    def _spoken_by(self, turn: Turn) -> Persona:
        """Return the role in the language of the answer."""
        return self.role.persona(turn.context.language)

    def _decline(self, withheld: str, heard: str, language: str) -> str:
        """Return what is said at once where words name a deed that they do not order; empty where the model may
        talk."""
        if withheld in TALKED_ABOUT and self.options.unknown == "chat":
            return ""
        answers = language_of(heard, language).mood_answers
        return next((said for mood, said in answers.items() if mood.value == withheld), "")

    def _answer(self, outcome: Outcome, heard: str, turn: Turn) -> AsyncGenerator[str, None]:
        if outcome.status != "open":
            return self._state(outcome, turn)
        language = _spoken(turn)
        wish = language_of(heard, language.code).talk.asks_for_deed(heard)
        if outcome.task == UNKNOWN and (self.options.unknown == "decline" or wish):
            return _recite(
                f"{language.phrases['cannot' if wish else 'unsure']} {self._spoken_by(turn).offer}", language
            )
        if outcome.task != UNKNOWN and outcome.task in CHAT and self.options.chat == "phrases":
            said = [exchange.said for exchange in turn.context.dialogue.exchanges[-TURNS:]]
            return _recite(answer(language.talk.courtesies, heard, said) or self._spoken_by(turn).offer, language)
        talk = self._talk(outcome, heard, turn)
        return _after(outcome.opening, talk, language) if outcome.opening else talk

    async def _state(self, outcome: Outcome, turn: Turn) -> AsyncGenerator[str, None]:
        """Give the outcome's own sentence, or a checked wording of it."""
        text = outcome.say if self.options.grounding == "quote" else await self._phrase(outcome, turn)
        for clause in clauses([text], _spoken(turn)):
            yield clause
        if self.options.closing and outcome.status == "done" and (courtesy := await self._close(outcome, turn)):
            yield f" {courtesy}"

    async def _phrase(self, outcome: Outcome, turn: Turn) -> str:
        text = await self._write(_spoken(turn).phrases["reword"].format(say=outcome.say), _REWORD_TOKENS, turn)
        if (reason := _spoken(turn).wording.objection(text, outcome)) is None:
            return text
        log.info("%s: the wording of an outcome was refused: %s", self.host.name, reason, extra={"task": outcome.task})
        return outcome.say

    async def _close(self, outcome: Outcome, turn: Turn) -> str:
        text = await self._write(_spoken(turn).phrases["close"].format(say=outcome.say), _CLOSE_TOKENS, turn)
        first = next(clauses([text], _spoken(turn)), "").strip()
        return first if ends_sentence(first) and _spoken(turn).wording.is_courtesy(first) else ""

    async def _write(self, request: str, max_tokens: int, turn: Turn) -> str:
        """Return what the model writes on a request, as a whole; empty where it fails."""
        messages = [_system(self._spoken_by(turn)), Message("user", request)]
        text = ""
        try:
            async with aclosing(self._stream(messages, turn.context, max_tokens)) as pieces:
                async for piece in pieces:
                    text += piece
        except EngineFailed as error:
            self._tell(error, turn, "the task's own sentence is said as it is")
            return ""
        return text.strip().strip('"')

    async def _talk(self, outcome: Outcome, heard: str, turn: Turn) -> AsyncGenerator[str, None]:
        """Give free talk that is checked; the persona's excuse where nothing of it can be said."""
        chat = outcome.task in CHAT or not outcome.say
        persona = self._spoken_by(turn)
        messages = [_system(persona), *recall(turn.context.dialogue.exchanges, self.options.history)]
        messages.append(Message("user", heard if chat else outcome.say))
        sentences = self.options.sentences if chat else self.options.long_sentences
        guardrails = Guardrails(_spoken(turn).talk, persona.name, persona.prompt, sentences)
        texts = self._watched(messages, turn, guardrails)
        try:
            async with aclosing(texts):
                async for text in texts:
                    yield text
        except EngineFailed as error:
            self._tell(error, turn, "a template answers")
        if guardrails.dangling:
            yield _spoken(turn).phrases["retreat"]
        elif not guardrails.spoken:
            cannot = f"{_spoken(turn).phrases['cannot']} {persona.offer}"
            yield cannot if outcome.task == UNKNOWN else persona.lost

    async def _watched(
        self, messages: Sequence[Message], turn: Turn, guardrails: Guardrails
    ) -> AsyncGenerator[str, None]:
        cutter = Clauses(_spoken(turn))
        async with aclosing(self._stream(messages, turn.context, self.options.max_tokens)) as pieces:
            async for piece in pieces:
                for clause in cutter.add(piece):
                    if text := guardrails.admit(clause):
                        yield text
                if guardrails.over:
                    return
        if text := guardrails.finish(cutter.rest()):
            yield text

    def _stream(self, messages: Sequence[Message], context: Context, max_tokens: int) -> AsyncGenerator[str, None]:
        return self.host.stream(
            lambda engine: engine.complete(messages, context, max_tokens=max_tokens), context.language
        )

    def _tell(self, error: EngineFailed, turn: Turn, effect: str) -> None:
        log.warning("%s: the language model failed, so %s: %s", self.host.name, effect, traced(error))
        turn.notice(Notice.of(self.host.name, error, effect))


def recall(exchanges: Sequence[Exchange], budget: int) -> list[Message]:
    """Return earlier turns as messages, the latest ones, as far as `budget` characters hold them.

    Old ones are dropped in fours. So the messages begin alike for several turns, and a model that keeps what it read
    profits."""
    told = [(exchange.heard, _said(exchange)) for exchange in exchanges if exchange.heard and exchange.said]
    start = 0
    while sum(len(heard) + len(said) for heard, said in told[start:]) > budget:
        start += _BLOCK
    return [message for heard, said in told[start:] for message in (Message("user", heard), Message("assistant", said))]


def _said(exchange: Exchange) -> str:
    """Return the avatar's words. A dash ends words that the user interrupted, as it does in print."""
    return f"{exchange.said.rstrip(' ,;:–—')} —" if exchange.interrupted else exchange.said


async def _after(opening: str, talk: AsyncGenerator[str, None], language: Language) -> AsyncGenerator[str, None]:
    """Give `opening`, then the talk."""
    for clause in clauses([opening], language):
        yield clause
    joint = " "
    async with aclosing(talk) as texts:
        async for text in texts:
            yield joint + text
            joint = ""


async def _recite(text: str, language: Language) -> AsyncGenerator[str, None]:
    for clause in clauses([text], language):
        yield clause


def _system(persona: Persona) -> Message:
    """Return what the model reads before every conversation."""
    return Message("system", persona.prompt)


def _spoken(turn: Turn) -> Language:
    """The language of the answer."""
    return known_language(turn.context.language)
