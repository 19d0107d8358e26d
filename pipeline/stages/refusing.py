"""What is said to a user whose wish nobody can meet: what is possible near to it."""

from __future__ import annotations

import logging
from collections.abc import Mapping

from models.context import Context
from models.language.language import Language
from models.protocols import SkillCard
from models.roles.role import Persona
from pipeline.errors import EngineFailed, traced
from pipeline.stages.stage import FindsNearest, OffersSkills

log = logging.getLogger(__name__)

OFFERED = 2
"""Skills that a refusal names."""


class Refusals:
    """Words refusals by what the graph's skills offer."""

    def __init__(self) -> None:
        self._cards: Mapping[str, SkillCard] = {}
        self._finder: FindsNearest | None = None

    def learn(self, peers: Mapping[str, object]) -> None:
        """Take the skills of the graph, and the stage that knows which are near to words; `peers` are its stages."""
        stages = list(peers.values())
        cards = (card for stage in stages if isinstance(stage, OffersSkills) for card in stage.skills())
        self._cards = {card.name: card for card in cards}
        self._finder = next((stage for stage in stages if isinstance(stage, FindsNearest)), None)

    async def possible(self, text: str, context: Context, persona: Persona, language: Language) -> str:
        """What is possible near to the words that the user said, as a sentence; the role's own offer where nobody can
        tell."""
        try:
            near = await self._finder.nearest(text, context) if self._finder else ()
        except EngineFailed as error:
            log.warning("what is near to a wish cannot be told: %s", traced(error))
            near = ()
        offers = [
            offer for name in near if name in self._cards and (offer := self._cards[name].offers.get(language.code))
        ]
        chosen = list(dict.fromkeys(offers))[:OFFERED]
        return language.phrases["can"].format(offers=language.either(chosen)) if chosen else persona.offer

    async def refuse(self, text: str, context: Context, persona: Persona, language: Language) -> str:
        """A refusal of the wish that the user said, with what is possible near to it."""
        deed = language.talk.deed(text)
        refusal = language.phrases["cannot_do"].format(deed=language.to_listener(deed)) if deed else ""
        possible = await self.possible(text, context, persona, language)
        return f"{refusal or language.phrases['cannot']}{language.talk.gap}{possible}"
