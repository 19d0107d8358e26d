"""Remembering what the user said."""

from __future__ import annotations

from typing import Annotated

from models.protocols import Request
from models.task.sentences import Say
from models.task.skill import Hint, Name, Outcome, Text, done, refused, skill, undone_by
from models.task.world import World

TOLD = 5
"""Facts that are told to a user who asks for all: more cannot be followed by ear."""


@skill()
def remember(world: World, say: Say, fact: Annotated[Text, Hint("what to remember, as the user said it")]) -> Outcome:
    """Remember a fact for the user."""
    world.remember(fact)
    told = say.language.to_listener(fact)
    return undone_by(done(say("kept", fact=told), fact=told), "drop_fact", fact=fact)


@skill(hidden=True)
def drop_fact(world: World, say: Say, fact: Text) -> Outcome:
    """Take back that a fact is remembered."""
    world.forget_fact(fact)
    return done(say("forgotten"))


@skill(effects=False)
def recall(world: World, say: Say, topic: Annotated[Text, Hint("what the fact is about")] = "") -> Outcome:
    """Tell the user what they asked to be remembered."""
    about = say.language.search_tokens(topic)
    facts = [say.language.to_listener(fact) for fact in world.recall(topic, 1 if about else TOLD)]
    if facts:
        return done(
            say("told", fact=say.language.listed(facts)), **{f"fact_{at}": fact for at, fact in enumerate(facts)}
        )
    if not about:
        return refused(say("nothing"))
    said = say.language.to_listener(topic)
    return refused(say("nothing_about", topic=said), topic=said)


@skill()
def forget(
    world: World, request: Request, say: Say, topic: Annotated[Text, Hint("what to forget; all if left out")] = ""
) -> Outcome:
    """Forget what the user told."""
    everything = say.language.means_all(request.text) or not say.language.search_tokens(topic)
    if not everything and not world.recall(topic):
        said = say.language.to_listener(topic)
        return refused(say("nothing_about", topic=said), topic=said)
    facts = world.forget("" if everything else topic)
    if not facts:
        return refused(say("nothing"))
    if everything:
        return done(say("all"))
    said = say.language.to_listener(topic)
    return done(say("about", topic=said), topic=said)


@skill()
def introduce(world: World, say: Say, name: Annotated[Name, Hint("what the user is called")]) -> Outcome:
    """Learn the user's name."""
    name, before = name.strip(" .,!?").title() if name.islower() else name.strip(" .,!?"), world.name
    world.call_user(name)
    return undone_by(done(say("met", name=name), name=name), "rename", name=before)


@skill(hidden=True)
def rename(world: World, say: Say, name: Name = "") -> Outcome:
    """Take back that the user is called so."""
    world.call_user(name)
    return done(say("renamed", name=name), name=name) if name else done(say("unnamed"))


@skill(effects=False)
def my_name(world: World, say: Say) -> Outcome:
    """Tell the user what they are called."""
    name = world.name
    return done(say("named", name=name), name=name) if name else refused(say("unnamed"))
