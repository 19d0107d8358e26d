"""Free talk: what the language model says where there is nothing to state, checked clause by clause."""

from __future__ import annotations

import logging
from collections.abc import AsyncGenerator, Sequence
from contextlib import aclosing

from models.context import Context
from models.language.clauses import Clauses
from models.language.finding import known_language
from models.language.guardrails import Guardrails
from models.language.language import Language
from models.language.marks import QUESTION_MARKS
from models.language.markup import Unmarked
from models.language.repetition import TURNS, freshest, sentences_of
from models.protocols import UNKNOWN, LanguageModel, Message
from models.roles.prompt import data, prefix, remembered
from models.roles.role import Persona, Role
from pipeline.errors import EngineFailed, traced
from pipeline.host.host import Host
from pipeline.packets import Outcome
from pipeline.stages.refusing import Refusals
from pipeline.stages.stage import Notice, Turn

log = logging.getLogger(__name__)

CHAT = frozenset(("small_talk", UNKNOWN))
"""Open tasks that the persona's prompt directs well enough, so the conversation reads as it was, and stays cached."""
_TRIES = 2
"""How often the model is asked where nothing that it wrote can be said."""


class FreeTalk:
    """Lets a role talk by a language model."""

    def __init__(  # noqa: PLR0913 - the last five are options of the stage
        self,
        host: Host[LanguageModel],
        role: Role,
        refusals: Refusals,
        *,
        max_tokens: int,
        sentences: int,
        long_sentences: int,
        history: int,
        worked: bool,
    ) -> None:
        self.host, self.role, self.refusals = host, role, refusals
        self.max_tokens, self.sentences, self.long_sentences = max_tokens, sentences, long_sentences
        self.history, self.worked = history, worked

    async def talk(self, outcome: Outcome, words: str, turn: Turn) -> AsyncGenerator[str, None]:
        """Give an answer to the user's `words`, or as an open outcome directs; where nothing that the model writes can
        be said, give what is said instead."""
        chat = outcome.task in CHAT or not outcome.say
        request = data(words) if chat else outcome.say
        rules = spoken(turn).talk
        failed = False
        for attempt in range(_TRIES):
            guardrails = self._guardrails(turn, chat=chat)
            asked = request if not attempt else rules.again.format(heard=request)
            texts = self._watched([*self.messages(turn), Message("user", asked)], turn, guardrails)
            try:
                async with aclosing(texts):
                    async for text in texts:
                        yield text
            except EngineFailed as error:
                self.tell(error, turn, "a template answers")
                failed = True
            if failed or guardrails.spoken or guardrails.objection in ("deed", "human", "maker"):
                break
        if instead := await self._instead(guardrails, words, turn, failed=failed):
            yield instead

    async def read_ahead(self, words: str, turn: Turn) -> None:
        """Let the model read what the user has said so far. It is stopped by cancelling; what fails costs time only."""
        messages = [*self.messages(turn), Message("user", data(words))]
        try:
            async with aclosing(self.stream(messages, turn.context, 0)) as pieces:
                async for _ in pieces:
                    pass
        except EngineFailed as error:
            log.info("%s: words cannot be read ahead: %s", self.host.name, traced(error))

    def messages(self, turn: Turn) -> list[Message]:
        """Return what the model reads before the user's words: the role, what is known, and the talk so far."""
        talk = remembered(turn.context.dialogue, spoken(turn), self.history, turn.context.instructions)
        return [*prefix(self._persona(turn), worked=self.worked), *talk]

    async def _instead(self, guardrails: Guardrails, words: str, turn: Turn, *, failed: bool) -> str:
        """Return what is said after, or in place of, what the model wrote; perhaps nothing."""
        language, persona, why = spoken(turn), self._persona(turn), guardrails.objection
        rules = language.talk
        if why in ("human", "maker"):
            honest = freshest(rules.honest if why == "human" else rules.made, lately(turn)) if rules.honest else ""
            if guardrails.dangling:
                return language.phrases[f"retreat_{why}"]
            return f"{rules.gap if guardrails.spoken else ''}{honest or persona.lost}"
        if guardrails.dangling:
            return language.phrases["retreat"]
        if guardrails.spoken:
            return ""
        if why == "deed":
            return await self.refusals.refuse(words, turn.context, persona, language)
        instead = rules.puzzled if words.rstrip()[-1:] in tuple(QUESTION_MARKS) else rules.blank
        return persona.lost if failed or not instead else freshest(instead, lately(turn))

    async def _watched(
        self, messages: Sequence[Message], turn: Turn, guardrails: Guardrails
    ) -> AsyncGenerator[str, None]:
        cutter, unmarked = Clauses(spoken(turn)), Unmarked(guardrails.rules.link)
        async with aclosing(self.stream(messages, turn.context, self.max_tokens)) as pieces:
            async for piece in pieces:
                for clause in cutter.add(unmarked.add(piece)):
                    if text := guardrails.admit(clause):
                        yield text
                if guardrails.over or unmarked.over:
                    break
        rest = "".join(cutter.add(unmarked.rest())) + cutter.rest()
        if text := guardrails.finish(rest):
            yield text

    def stream(self, messages: Sequence[Message], context: Context, max_tokens: int) -> AsyncGenerator[str, None]:
        """Give what the model writes, piece by piece. Raises EngineFailed."""
        return self.host.stream(
            lambda engine: engine.complete(messages, context, max_tokens=max_tokens), context.language
        )

    def tell(self, error: EngineFailed, turn: Turn, effect: str) -> None:
        """Note that the model failed, and how the turn goes on."""
        log.warning("%s: the language model failed, so %s: %s", self.host.name, effect, traced(error))
        turn.notice(Notice.of(self.host.name, error, effect))

    def _guardrails(self, turn: Turn, *, chat: bool) -> Guardrails:
        persona = self._persona(turn)
        return Guardrails(
            spoken(turn).talk,
            persona.name,
            persona.prompt,
            self.sentences if chat else self.long_sentences,
            sentences_of(lately(turn)),
            personal=chat,
        )

    def _persona(self, turn: Turn) -> Persona:
        """Return the role in the language of the answer."""
        return self.role.persona(turn.context.language)


def spoken(turn: Turn) -> Language:
    """Return the language of the answer."""
    return known_language(turn.context.language)


def lately(turn: Turn) -> list[str]:
    """Return what the avatar said in the latest turns, oldest first."""
    return [exchange.said for exchange in turn.context.dialogue.exchanges[-TURNS:]]
