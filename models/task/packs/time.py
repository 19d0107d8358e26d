"""Time."""

from __future__ import annotations

import re
from typing import Annotated

from models.task.skill import Action, Duration, Hint, Outcome, Text, done, refused, skill
from models.task.words import spoken_duration

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
    ],
    effects=False,
)
def timer(
    duration: Annotated[Duration, Hint("how long the timer runs, in seconds", ask="How long should the timer run?")],
    label: Annotated[Text, Hint("what the timer is for")] = "",
) -> Outcome:
    """Set a timer."""
    if duration < 1:
        return refused("A timer must run for at least 1 second.", shortest="1 second")
    if duration > LONGEST:
        return refused("A timer can run for at most 24 hours.", longest="24 hours")
    length = spoken_duration(duration)
    label = re.sub(r"^(the|my|a|an) | timer$", "", label)
    if label:
        action = Action("timer", {"seconds": duration, "label": label})
        return done(f"Your {label} timer is set for {length}.", action, label=label, duration=length)
    return done(f"Your timer is set for {length}.", Action("timer", {"seconds": duration}), duration=length)
