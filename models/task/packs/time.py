"""Time."""

from __future__ import annotations

import re
import time
from typing import Annotated

from models.language.en.sentences import spoken_duration
from models.task.services import Reminders
from models.task.skill import Action, Duration, Hint, Outcome, Text, done, refused, skill
from models.task.world import World

LONGEST = 24 * 3600
"""Seconds. A mistaken number is likelier than a wish for more."""


@skill(
    examples=[
        "set a timer for {duration}",
        "set a timer for ten minutes",
        "wake me in {duration}",
        "remind me in half an hour",
        "start a {duration} timer",
        "start a five minute timer for the {label}",
        "set a {label} timer for {duration}",
        "count down from thirty seconds",
        "um tell me when {duration} are over",
        "give me a shout in an hour",
        "time {duration} for me please",
        "let me know when twenty minutes have passed",
        "set a timer",
    ]
)
def timer(
    reminders: Reminders,
    duration: Annotated[Duration, Hint("how long the timer runs, in seconds", ask="How long should the timer run?")],
    label: Annotated[Text, Hint("what the timer is for")] = "",
) -> Outcome:
    """Set a timer.

    It rings if the conversation lasts so long.
    """
    if duration < 1:
        return refused("A timer must run for at least 1 second.", shortest="1 second")
    if duration > LONGEST:
        return refused("A timer can run for at most 24 hours.", longest="24 hours")
    length = spoken_duration(duration)
    label = re.sub(r"^(the|my|a|an) | timer$", "", label)
    reminders.after(duration, f"Your {label} timer is over." if label else f"Your timer for {length} is over.")
    if label:
        action = Action("timer", {"seconds": duration, "label": label})
        return done(f"Your {label} timer is set for {length}.", action, label=label, duration=length)
    return done(f"Your timer is set for {length}.", Action("timer", {"seconds": duration}), duration=length)


@skill(
    examples=[
        "what time is it",
        "what is the time",
        "excuse me do you have the time",
        "do you know what time it is",
        "how late is it",
        "tell me the time please",
        "what day is it today",
        "what is the date today",
        "which day of the week is it",
        "what is today's date",
    ],
    effects=False,
)
def clock(world: World) -> Outcome:
    """Tell the time and the date, where this machine stands."""
    now = time.localtime(world.now())
    hour = f"{now.tm_hour % 12 or 12}:{now.tm_min:02} {'PM' if now.tm_hour >= 12 else 'AM'}"
    date = f"{time.strftime('%A, %B', now)} {now.tm_mday}"
    return done(f"It is {hour}. Today is {date}.", time=hour, date=date)
