"""Remembering what the user said."""

from __future__ import annotations

from typing import Annotated

from models.task.sentences import Say
from models.task.skill import Hint, Outcome, Text, done, refused, skill
from models.task.world import World


@skill()
def remember(world: World, say: Say, fact: Annotated[Text, Hint("what to remember, as the user said it")]) -> Outcome:
    """Remember a fact for the user."""
    world.remember(fact)
    told = say.language.to_listener(fact)
    return done(say("kept", fact=told), fact=told)


@skill(effects=False)
def recall(world: World, say: Say, topic: Annotated[Text, Hint("what the fact is about")] = "") -> Outcome:
    """Tell the user what they asked to be remembered."""
    fact = world.recall(topic)
    if fact is not None:
        told = say.language.to_listener(fact)
        return done(say("told", fact=told), fact=told)
    if not topic:
        return refused(say("nothing"))
    about = say.language.to_listener(topic)
    return refused(say("nothing_about", topic=about), topic=about)
