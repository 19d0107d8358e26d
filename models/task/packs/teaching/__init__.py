"""Teaching."""

from __future__ import annotations

from typing import Annotated

from models.protocols import Request
from models.task.sentences import Say
from models.task.skill import Hint, Outcome, Text, direct, skill


@skill(effects=False)
def teach(request: Request, say: Say, topic: Annotated[Text, Hint("what to explain")]) -> Outcome:
    """Explain something to the user.

    The model reads the whole question, for its topic alone may lose what was asked."""
    question = request.text if topic in request.text and request.text != topic else say("about", topic=topic)
    return direct(say("explain", question=question), opening=say("opening"))
