"""Time."""

from __future__ import annotations

import re
import time
from typing import Annotated

from models.task.sentences import Say
from models.task.services import Reminders
from models.task.skill import Action, Duration, Hint, Outcome, Text, done, refused, skill
from models.task.world import World

LONGEST = 24 * 3600
"""Seconds. A mistaken number is likelier than a wish for more."""


@skill()
def timer(
    reminders: Reminders,
    say: Say,
    duration: Annotated[Duration, Hint("how long the timer runs, in seconds")],
    label: Annotated[Text, Hint("what the timer is for")] = "",
) -> Outcome:
    """Set a timer.

    It rings if the conversation lasts so long.
    """
    if duration < 1:
        shortest = say.language.duration(1)
        return refused(say("shortest", shortest=shortest), shortest=shortest)
    if duration > LONGEST:
        longest = say.language.duration(LONGEST)
        return refused(say("longest", longest=longest), longest=longest)
    length = say.language.duration(duration)
    label = re.sub(r"^(the|my|a|an) | timer$", "", label)
    reminders.after(duration, say("over_label", label=label) if label else say("over", duration=length))
    if label:
        action = Action("timer", {"seconds": duration, "label": label})
        return done(say("set_label", label=label, duration=length), action, label=label, duration=length)
    return done(say("set", duration=length), Action("timer", {"seconds": duration}), duration=length)


@skill(effects=False)
def clock(world: World, say: Say) -> Outcome:
    """Tell the time and the date, where this machine stands."""
    now = time.localtime(world.now())
    half = say("pm" if now.tm_hour >= 12 else "am")
    hour = say("time", hour=str(now.tm_hour % 12 or 12), minute=f"{now.tm_min:02}", half=half)
    date = say("date", weekday=say(f"weekday_{now.tm_wday}"), month=say(f"month_{now.tm_mon}"), day=str(now.tm_mday))
    return done(say("now", time=hour, date=date), time=hour, date=date)
