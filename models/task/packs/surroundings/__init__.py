"""What is around the user."""

from __future__ import annotations

from typing import Annotated

from models.task.sentences import Say
from models.task.skill import Hint, Outcome, Sight, done, skill
from models.task.world import Setting


@skill(effects=False)
def identify(
    setting: Setting,
    say: Say,
    thing: Annotated[Sight, Hint("the word for what the user shows, such as this or that")],
) -> Outcome:
    """Tell what something is that the user points at or looks at."""
    name = thing.casefold()
    if name in setting.sites:
        return done(say("place", what=say.language.the(name)), place=name)
    if name in setting.wares:
        cost = say.amount(setting.wares[name].price, "coin")
        return done(say("item", what=say.some(1, setting.wares[name]), cost=cost), item=name, price=cost)
    return done(say("thing", what=say.language.one(thing)), thing=thing)
