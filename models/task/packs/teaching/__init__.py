"""Teaching."""

from __future__ import annotations

from typing import Annotated

from models.task.sentences import Say
from models.task.skill import Hint, Outcome, Text, direct, skill


@skill(effects=False)
def teach(say: Say, topic: Annotated[Text, Hint("what to explain")]) -> Outcome:
    """Explain something to the user."""
    return direct(say("explain", topic=topic), opening=say("opening"))
