"""What is around the user."""

from __future__ import annotations

from typing import Annotated

from models.kinds import ITEM, PLACE
from models.task.sentences import Say
from models.task.skill import Hint, Outcome, Sight, done, skill
from models.task.world import World


@skill(effects=False)
def identify(
    world: World,
    say: Say,
    thing: Annotated[Sight, Hint("the word for what the user shows, such as this or that")],
) -> Outcome:
    """Tell what something is that the user points at or looks at."""
    setting, code, name = world.setting, say.language.code, thing.casefold()
    if name in setting.names(PLACE.name, code):
        return done(say("place", what=say.language.the(name)), place=name)
    if key := setting.names(ITEM.name, code).get(name):
        cost = say.amount(world.shop.price(key), "coin")
        return done(say("item", what=say.some(1, setting.wares[key]), cost=cost), item=name, price=cost)
    return done(say("thing", what=say.language.one(thing)), thing=thing)
