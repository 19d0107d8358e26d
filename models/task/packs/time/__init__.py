"""Time: timers, reminders, the clock and the calendar."""

from __future__ import annotations

import re
import time
from typing import Annotated

from models.language.days import days_ahead
from models.protocols import Request
from models.task.sentences import Say
from models.task.services import Reminders
from models.task.skill import Action, Day, Duration, Hint, Outcome, Text, done, refused, skill, undone_by
from models.task.world import Timer, World

LONGEST = 24 * 3600
"""Seconds. A mistaken number is likelier than a wish for more."""
MOST = 8
"""Timers that run at a time. More cannot be told apart by ear."""
DAY = 24 * 3600
"""Seconds."""


@skill()
def timer(
    world: World,
    reminders: Reminders,
    say: Say,
    duration: Annotated[Duration, Hint("how long the timer runs, in seconds")],
    label: Annotated[Text, Hint("what the timer is for")] = "",
) -> Outcome:
    """Set a timer.

    It rings if the conversation lasts so long.
    """
    if problem := _problem(world, say, duration):
        return problem
    label, length = _bare(say, label), say.language.duration(duration)
    over = say("over_label", label=label) if label else say("over", duration=length)
    began = world.set_timer(label, duration, over)
    reminders.after(duration, over, _id(began))
    if label:
        action = Action("timer", {"seconds": duration, "label": label})
        outcome = done(say("set_label", label=label, duration=length), action, label=label, duration=length)
    else:
        outcome = done(say("set", duration=length), Action("timer", {"seconds": duration}), duration=length)
    return undone_by(outcome, "drop_timer", number=began.id)


@skill()
def remind(
    world: World,
    reminders: Reminders,
    say: Say,
    what: Annotated[Text, Hint("what the user wants to be told, as they said it")],
    duration: Annotated[Duration, Hint("after how long, in seconds")],
) -> Outcome:
    """Remind the user of something after a while."""
    if problem := _problem(world, say, duration):
        return problem
    told, length = say.language.to_listener(what), say.language.duration(duration)
    over = say("over", what=told)
    began = world.set_timer(what, duration, over)
    reminders.after(duration, over, _id(began))
    action = Action("timer", {"seconds": duration, "label": what})
    outcome = done(say("set", what=told, duration=length), action, what=told, duration=length)
    return undone_by(outcome, "drop_timer", number=began.id)


@skill(effects=False)
def timers(world: World, say: Say, label: Annotated[Text, Hint("which timer; all if left out")] = "") -> Outcome:
    """Tell which timers run, and how long is left."""
    running = world.timers()
    if not running:
        return done(say("none"))
    named = _named(say, running, label)
    if label and not named:
        return refused(say("unknown", label=label), label=label)
    left = [_left(world, say, each) for each in named or running]
    if len(left) == 1:
        return done(_capital(say("one", timer=_name(say, (named or running)[0]), left=left[0])), left=left[0])
    each = [say("each", timer=_name(say, timer), left=time) for timer, time in zip(named or running, left, strict=True)]
    return done(_capital(say("several", timers=say.language.listed(each))))


@skill()
def extend_timer(
    world: World,
    reminders: Reminders,
    say: Say,
    duration: Annotated[Duration, Hint("how much longer, in seconds")],
    label: Annotated[Text, Hint("which timer")] = "",
) -> Outcome:
    """Let a timer run longer."""
    running = world.timers()
    if not running:
        return refused(say("none"))
    named = _named(say, running, label)
    if label and not named:
        return refused(say("unknown", label=label), label=label)
    chosen = named[0] if named else max(running, key=lambda each: each.id)
    if duration < 1:
        return refused(say("shortest"))
    if chosen.ends_at + duration - world.now() > LONGEST:
        longest = say.language.duration(LONGEST)
        return refused(say("longest", longest=longest), longest=longest)
    world.extend_timer(chosen.id, duration)
    later = next(each for each in world.timers() if each.id == chosen.id)
    reminders.after(later.ends_at - world.now(), later.say, _id(later))
    more, left = say.language.duration(duration), _left(world, say, later)
    name = _capital(_name(say, later))
    outcome = done(say("extended", timer=name, more=more, left=left), more=more, left=left)
    return undone_by(outcome, "shorten_timer", number=chosen.id, duration=duration)


@skill()
def cancel_timer(
    world: World,
    reminders: Reminders,
    request: Request,
    say: Say,
    label: Annotated[Text, Hint("which timer, by what it is for")] = "",
    duration: Annotated[Duration, Hint("which timer, by the length that it was set for, in seconds")] = 0,
) -> Outcome:
    """Cancel a timer, or all."""
    running = world.timers()
    if not running:
        return refused(say("none"))
    if say.language.means_all(request.text):
        for each in running:
            world.drop_timer(each.id)
            reminders.dismiss(_id(each))
        return done(say("all"))
    named = [each for each in running if duration and each.seconds == duration] or _named(say, running, label)
    if not named and (label or duration):
        which = label or say.language.duration(duration)
        return refused(say("unknown", label=which), label=which)
    chosen = named[0] if named else max(running, key=lambda each: each.id)
    world.drop_timer(chosen.id)
    reminders.dismiss(_id(chosen))
    name = _capital(_name(say, chosen))
    action = Action("timer_cancelled", {"label": chosen.label, "seconds": chosen.seconds})
    return done(say("cancelled", timer=name), action, timer=name)


@skill(hidden=True)
def drop_timer(world: World, reminders: Reminders, say: Say, number: int) -> Outcome:
    """Take back that a timer was set."""
    reminders.dismiss(f"timer-{number}")
    chosen = next((each for each in world.timers() if each.id == number), None)
    if chosen is None or not world.drop_timer(number):
        return refused(say("over"))
    name = _capital(_name(say, chosen))
    return done(say("cancelled", timer=name), Action("timer_cancelled", {"seconds": chosen.seconds}), timer=name)


@skill(hidden=True)
def shorten_timer(world: World, reminders: Reminders, say: Say, number: int, duration: Duration) -> Outcome:
    """Take back that a timer was extended."""
    world.extend_timer(number, -duration)
    chosen = next((each for each in world.timers() if each.id == number), None)
    if chosen is None:
        return refused(say("over"))
    reminders.after(chosen.ends_at - world.now(), chosen.say, _id(chosen))
    left = _left(world, say, chosen)
    return done(say("shortened", timer=_capital(_name(say, chosen)), left=left), left=left)


@skill(effects=False)
def clock(world: World, say: Say) -> Outcome:
    """Tell what time it is, where this machine stands."""
    now = time.localtime(world.now())
    half = say("pm" if now.tm_hour >= 12 else "am")
    hour = say("time", hour=str(now.tm_hour % 12 or 12), minute=f"{now.tm_min:02}", half=half)
    return done(say("now", time=hour), time=hour)


@skill(effects=False)
def date(world: World, say: Say, day: Annotated[Day, Hint("which day; today if left out")] = "") -> Outcome:
    """Tell what day it is."""
    now = world.now()
    ahead = days_ahead(day, time.localtime(now).tm_wday) if day else 0
    then = time.localtime(now + ahead * DAY)
    weekday, month = say(f"weekday_{then.tm_wday}"), say(f"month_{then.tm_mon}")
    told = say("date", weekday=weekday, month=month, day=str(then.tm_mday))
    which = say(f"ahead_{ahead}") if -2 <= ahead <= 2 else ""
    return done(say("is", which=which, date=told) if which else say("that", date=told), date=told)


def _problem(world: World, say: Say, duration: int) -> Outcome | None:
    """Why no timer of that length can be set; None where it can."""
    if duration < 1:
        shortest = say.language.duration(1)
        return refused(say("shortest", shortest=shortest), shortest=shortest)
    if duration > LONGEST:
        longest = say.language.duration(LONGEST)
        return refused(say("longest", longest=longest), longest=longest)
    return refused(say("most", most=str(MOST)), most=str(MOST)) if len(world.timers()) >= MOST else None


def _id(each: Timer) -> str:
    """The id of the reminder that rings for a timer."""
    return f"timer-{each.id}"


def _bare(say: Say, label: str) -> str:
    """What a timer is for, without the words around it."""
    return re.sub(say("around_label"), "", label).strip() if label else ""


def _named(say: Say, running: list[Timer], label: str) -> list[Timer]:
    """The timers that the user means by a label."""
    wanted = _telling(say, _bare(say, label))
    return [each for each in running if wanted & _telling(say, each.label)]


def _telling(say: Say, text: str) -> set[str]:
    """The telling words of a text, singular and without endings."""
    return {say.language.singulars(token)[-1] for token in say.language.search_tokens(text)}


def _name(say: Say, each: Timer) -> str:
    """What a timer is called."""
    length = say.language.duration(each.seconds)
    return say("named", label=each.label) if each.label else say("unnamed", duration=length)


def _capital(text: str) -> str:
    return text[:1].upper() + text[1:]


def _left(world: World, say: Say, each: Timer) -> str:
    """How long a timer still runs."""
    return say.language.duration(max(1, round(each.ends_at - world.now())))
