"""What is around the user."""

from __future__ import annotations

from typing import Annotated

from models.language.en.sentences import counted, one, the
from models.task.skill import Hint, Outcome, Sight, done, skill
from models.task.world import Setting


@skill(
    examples=[
        "what is this",
        "what is that",
        "what is that over there",
        "what is this thing called",
        "what are those",
        "what am i pointing at",
        "what am i looking at",
        "tell me what this is",
        "do you know what that is",
        "um what's this thing in front of me",
        "what do you call that",
        "is this a lantern",
        "这是什么",
        "那是什么",
    ],
    effects=False,
)
def identify(
    setting: Setting,
    thing: Annotated[
        Sight, Hint("the word for what the user shows, such as this or that", ask="What are you pointing at?")
    ],
) -> Outcome:
    """Tell what something is that the user points at or looks at."""
    name = thing.casefold()
    if name in setting.sites:
        return done(f"That is {the(name)}.", place=name)
    if name in setting.wares:
        cost = counted(setting.wares[name].price, "coin")
        return done(f"That is {one(name)}. It costs {cost}.", item=name, price=cost)
    return done(f"That is {one(thing)}.", thing=thing)
