"""Stories."""

from __future__ import annotations

from typing import Annotated

from models.language.en.sentences import to_listener
from models.task.skill import Hint, Outcome, Text, direct, skill
from models.task.world import World

TOPICS = (
    "a kite that wanted to see the sea",
    "a cat in a lighthouse",
    "a robot that learned to bake",
    "a very small dragon",
)
"""For a user who leaves the choice to the avatar."""


@skill(
    examples=[
        "tell me a story",
        "tell me a story about {topic}",
        "i would like to hear a tale about {topic}",
        "can you make up a story about {topic}",
        "um do you know any stories",
        "read me a bedtime story",
        "once upon a time please",
        "entertain me with a story about a dragon",
        "i'm in the mood for a fairy tale",
        "tell us something exciting about pirates",
        "invent a little story with {topic} in it",
        "i am bored tell me a tale",
    ],
    effects=False,
)
def story(world: World, topic: Annotated[Text, Hint("what the story is about")] = "") -> Outcome:
    """Tell a story."""
    topic = topic or TOPICS[int(world.now()) % len(TOPICS)]
    return direct(
        f"Tell a very short story about {topic}. Use three simple sentences.",
        opening=f"Here is a story about {to_listener(topic)}.",
    )
