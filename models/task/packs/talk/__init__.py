"""The talk around everything else."""

from __future__ import annotations

from models.task.sentences import Say
from models.task.skill import Action, Outcome, direct, done, skill


@skill(effects=False)
def small_talk(say: Say) -> Outcome:
    """Chat with the user: greetings, thanks, feelings, goodbyes."""
    return direct(say("chat"))


@skill(effects=False, acts=True)
def stop(say: Say) -> Outcome:
    """Stop what the avatar is doing."""
    return done(say("done"), Action("stop"))
