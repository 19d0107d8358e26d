"""The talk around everything else, and who it is that talks."""

from __future__ import annotations

from typing import Annotated

from models.context import Context
from models.dialogue import Manner
from models.roles.role import Persona, find_role
from models.task.sentences import Say
from models.task.skill import Action, Hint, Manners, Outcome, direct, done, refused, skill, with_manner

RECENT = 5
"""Deeds that are told to a user who asks what was done: more cannot be followed by ear."""
RATES, VOLUMES = (0.6, 1.5), (0.4, 2.0)
"""The slowest and the fastest speech, and the softest and the loudest, as factors of the voice's own."""
RATE, VOLUME = 1.2, 1.5
"""Factors of one step."""


@skill(effects=False)
def small_talk(say: Say) -> Outcome:
    """Chat with the user: greetings, thanks, feelings, goodbyes."""
    return direct(say("chat"))


@skill(effects=False, acts=True)
def stop(say: Say) -> Outcome:
    """Stop what the avatar is doing."""
    return done(say("done"), Action("stop"))


@skill(effects=False)
def who_are_you(context: Context, say: Say) -> Outcome:
    """Tell who the avatar is."""
    name = _persona(context).name
    return done(say("named", name=name), name=name) if name else done(say("unnamed"))


@skill(effects=False)
def are_you_human(say: Say) -> Outcome:
    """Tell whether the avatar is a human or an AI."""
    return done(say("honest"))


@skill(effects=False)
def who_made_you(say: Say) -> Outcome:
    """Tell who made the avatar."""
    return done(say("made"))


@skill(effects=False)
def capabilities(context: Context, say: Say) -> Outcome:
    """Tell what the avatar can do."""
    return done(say("can", offer=_persona(context).offer))


@skill(effects=False)
def recount(context: Context, say: Say) -> Outcome:
    """Tell what the avatar did for the user."""
    told = [deed.say for deed in context.dialogue.deeds[-RECENT:] if deed.say]
    return done(say("did", deeds=" ".join(told))) if told else refused(say("nothing"))


@skill(effects=False)
def feelings_crisis(say: Say) -> Outcome:
    """Answer somebody who wants to die or to hurt themselves, with care, and tell them where help is."""
    return done(say("care"))


@skill(effects=False, acts=True)
def speech(
    context: Context, say: Say, change: Annotated[Manners, Hint("slower, faster, louder, quieter or normal")]
) -> Outcome:
    """Speak slower, faster, louder, quieter, or as usual again."""
    now = context.dialogue.manner
    match change:
        case "slower":
            manner = Manner(_within(now.rate / RATE, RATES), now.volume)
        case "faster":
            manner = Manner(_within(now.rate * RATE, RATES), now.volume)
        case "louder":
            manner = Manner(now.rate, _within(now.volume * VOLUME, VOLUMES))
        case "quieter":
            manner = Manner(now.rate, _within(now.volume / VOLUME, VOLUMES))
        case _:
            manner = Manner()
    if manner == now and change != "normal":
        return refused(say(f"most_{change}"))
    return with_manner(done(say(change)), manner)


def _within(value: float, limits: tuple[float, float]) -> float:
    return round(min(max(value, limits[0]), limits[1]), 3)


def _persona(context: Context) -> Persona:
    return find_role(context.role).persona(context.language) if context.role else Persona(prompt="")
