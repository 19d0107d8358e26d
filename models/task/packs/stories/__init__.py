"""Stories."""

from __future__ import annotations

from typing import Annotated

from models.task.sentences import Say
from models.task.skill import Hint, Outcome, Text, direct, skill
from models.task.world import World

TOPICS = 4
"""How many topics the sentences hold, for a user who leaves the choice to the avatar."""


@skill(effects=False)
def story(world: World, say: Say, topic: Annotated[Text, Hint("what the story is about")] = "") -> Outcome:
    """Tell a story."""
    topic = topic or say(f"topic_{int(world.now()) % TOPICS}")
    return direct(say("tell", topic=topic), opening=say("opening", topic=say.language.to_listener(topic)))
