"""The step response: from the outcome of a task to what the avatar says.

What a task states is spoken as the task states it, or in a wording that was checked against it: nothing unchecked is
said about the world. Everything else is free talk in a role, checked clause by clause."""

from __future__ import annotations

import logging
from collections.abc import AsyncGenerator, AsyncIterator, Mapping, Sequence
from contextlib import aclosing
from dataclasses import dataclass, field, replace
from functools import partial
from typing import Literal

from pydantic import BaseModel, Field, field_validator

from models.language.clauses import clauses
from models.language.courtesies import answer
from models.language.finding import language_of
from models.language.language import Language
from models.language.marks import ends_sentence
from models.language.mood import TALKED_ABOUT
from models.language.repetition import freshest, plain
from models.protocols import UNKNOWN, WITHHELD, LanguageModel, Message
from models.roles.prompt import prefix
from models.roles.role import find_role
from pipeline.errors import EngineFailed
from pipeline.host.host import Host
from pipeline.packets import Intent, Outcome, Partial, Reply, Transcript
from pipeline.stages.free_talk import CHAT, FreeTalk, lately, spoken
from pipeline.stages.reading_ahead import ReadingAhead
from pipeline.stages.refusing import Refusals
from pipeline.stages.stage import Turn

log = logging.getLogger(__name__)

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
    history: int = Field(3600, ge=0)
    """Characters of earlier turns that the model reads, at most."""

    @field_validator("persona")
    @classmethod
    def _known(cls, persona: str) -> str:
        find_role(persona)
        return persona


@dataclass(slots=True)
class Heard:
    """What the response stage has read of a turn."""

    text: str = ""
    """The user's words."""
    language: str = ""
    """ISO 639-1 code of the language in which they were said."""
    wanted: str = ""
    """The name of the latest intent."""
    withheld: dict[str, str] = field(default_factory=dict)
    """By the words of an intent: the mood of words that name a deed without ordering it."""


class Response:
    """Speaks for the avatar: states outcomes, and chats."""

    def __init__(self, host: Host[LanguageModel], options: Options) -> None:
        self.host, self.options = host, options
        self.role = find_role(options.persona)
        self.refusals = Refusals()
        self.talk = FreeTalk(
            host,
            self.role,
            self.refusals,
            max_tokens=options.max_tokens,
            sentences=options.sentences,
            long_sentences=options.long_sentences,
            history=options.history,
            worked=options.chat == "model",
        )

    async def prepare(self, peers: Mapping[str, object]) -> None:
        """Let the engines read the role, in the languages that the graph speaks, so that the first answer starts as
        soon as later ones."""
        self.refusals.learn(peers)
        if self.options.chat == "model":
            for code in [code for code in self.role.personas if _is_spoken(code, peers)] or [""]:
                messages = prefix(self.role.persona(code))
                await self.host.each(partial(_read, messages))

    async def run(
        self, inputs: AsyncIterator[Partial | Transcript | Intent | Outcome], turn: Turn
    ) -> AsyncIterator[Reply]:
        """Answer an outcome as soon as it comes. Words without an outcome are answered when the inputs end.

        While the user speaks, the model reads what was said so far, unless it asks for a deed."""
        ahead = ReadingAhead(self.talk.read_ahead, self._may_be_talk)
        try:
            async with aclosing(self._replies(inputs, turn, ahead)) as replies:
                async for reply in replies:
                    yield reply
        finally:
            await ahead.end(wanted=False)

    async def _replies(
        self, inputs: AsyncIterator[Partial | Transcript | Intent | Outcome], turn: Turn, ahead: ReadingAhead
    ) -> AsyncGenerator[Reply, None]:
        heard, joint, answered = Heard(), "", False
        async for packet in inputs:
            match packet:
                case Partial():
                    ahead.hear(packet.text, turn)
                case Transcript():
                    heard.text, heard.language = packet.text.strip(), packet.language
                    context = turn.context.speaking(turn.context.answered_in(packet.language))
                    turn = replace(turn, context=context)
                case Intent():
                    heard.wanted = packet.name
                    heard.withheld[packet.words] = str(packet.slots.get(WITHHELD, ""))
                case Outcome():
                    await ahead.end(wanted=packet.status == "open")
                    async with aclosing(self._answer(packet, heard, turn)) as texts:
                        async for text in texts:
                            yield Reply(joint + text, turn.context.language)
                            joint = ""
                    joint, answered = " ", True
        if heard.text and not answered:
            await ahead.end(wanted=True)
            async with aclosing(self._answer(Outcome(heard.wanted, "open"), heard, turn)) as texts:
                async for text in texts:
                    yield Reply(text, turn.context.language)

    def _may_be_talk(self, words: str, turn: Turn) -> bool:
        """Whether words that the user goes on saying may come to free talk, as far as they tell.

        What names a thing or a place of the skills is most likely theirs, and reading it would take cores from them."""
        if self.options.chat != "model" or len(words.split()) < 2:
            return False
        said = f" {plain(words)} "
        if any(f" {plain(hint)} " in said for hint in turn.context.hints):
            return False
        return not language_of(words, turn.context.language).talk.asks_for_deed(words)

    async def _answer(self, outcome: Outcome, heard: Heard, turn: Turn) -> AsyncGenerator[str, None]:
        """Give the answer to one outcome, clause by clause."""
        if outcome.status != "open":
            texts = self._state(outcome, turn)
        else:
            words, language = outcome.words or heard.text, spoken(turn)
            reply = await self._without_model(outcome, words, heard, turn)
            texts = _recite(reply, language) if reply else self.talk.talk(outcome, words, turn)
            if not reply and outcome.opening:
                texts = _after(outcome.opening, texts, language)
        async with aclosing(texts):
            async for text in texts:
                yield text

    async def _without_model(self, outcome: Outcome, words: str, heard: Heard, turn: Turn) -> str:
        """Return what is said at once to an open task; empty where the model talks."""
        language, persona = spoken(turn), self.role.persona(turn.context.language)
        rules = language.talk
        if language_of(words, heard.language).talk.tells_of_distress(words) and rules.care:
            return freshest(rules.care, lately(turn))
        if outcome.task != UNKNOWN:
            phrases = self.options.chat == "phrases" and outcome.task in CHAT
            return (answer(rules.courtesies, words, lately(turn)) or persona.offer) if phrases else ""
        if decline := self._decline(heard.withheld.get(outcome.words, ""), words, heard.language):
            return decline
        if language_of(words, language.code).talk.asks_for_deed(words):
            return await self.refusals.refuse(words, turn.context, persona, language)
        if self.options.unknown == "chat":
            return ""
        possible = await self.refusals.possible(words, turn.context, persona, language)
        return f"{language.phrases['unsure']}{rules.gap}{possible}"

    def _decline(self, withheld: str, words: str, language: str) -> str:
        """Return what is said at once where words name a deed that they do not order; empty where the model may
        talk."""
        if withheld in TALKED_ABOUT and self.options.unknown == "chat":
            return ""
        answers = language_of(words, language).mood_answers
        return next((said for mood, said in answers.items() if mood.value == withheld), "")

    async def _state(self, outcome: Outcome, turn: Turn) -> AsyncGenerator[str, None]:
        """Give the outcome's own sentence, or a checked wording of it."""
        text = outcome.say if self.options.grounding == "quote" else await self._phrase(outcome, turn)
        for clause in clauses([text], spoken(turn)):
            yield clause
        if self.options.closing and outcome.status == "done" and (courtesy := await self._close(outcome, turn)):
            yield f" {courtesy}"

    async def _phrase(self, outcome: Outcome, turn: Turn) -> str:
        text = await self._write(spoken(turn).phrases["reword"].format(say=outcome.say), _REWORD_TOKENS, turn)
        if (reason := spoken(turn).wording.objection(text, outcome)) is None:
            return text
        log.info("%s: the wording of an outcome was refused: %s", self.host.name, reason, extra={"task": outcome.task})
        return outcome.say

    async def _close(self, outcome: Outcome, turn: Turn) -> str:
        text = await self._write(spoken(turn).phrases["close"].format(say=outcome.say), _CLOSE_TOKENS, turn)
        first = next(clauses([text], spoken(turn)), "").strip()
        return first if ends_sentence(first) and spoken(turn).wording.is_courtesy(first) else ""

    async def _write(self, request: str, max_tokens: int, turn: Turn) -> str:
        """Return what the model writes on a request, as a whole; empty where it fails."""
        messages = [*prefix(self.role.persona(turn.context.language)), Message("user", request)]
        text = ""
        try:
            async with aclosing(self.talk.stream(messages, turn.context, max_tokens)) as pieces:
                async for piece in pieces:
                    text += piece
        except EngineFailed as error:
            self.talk.tell(error, turn, "the task's own sentence is said as it is")
            return ""
        return text.strip().strip('"')


def _read(messages: Sequence[Message], engine: LanguageModel) -> None:
    for _ in engine.complete(messages, max_tokens=0):
        pass


def _is_spoken(code: str, peers: Mapping[str, object]) -> bool:
    """Whether every stage with engines has one that works in a language."""
    hosts = [host for stage in peers.values() if isinstance(host := getattr(stage, "host", None), Host)]
    try:
        for host in hosts:
            host.speaking(code)
    except EngineFailed:
        return False
    return True


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
