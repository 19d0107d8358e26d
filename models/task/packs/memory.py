"""Remembering what the user said."""

from __future__ import annotations

from typing import Annotated

from models.language.en.sentences import to_listener
from models.task.skill import Hint, Outcome, Text, done, refused, skill
from models.task.world import World


@skill(
    examples=[
        "remember that {fact}",
        "remember that my sister lives in oslo",
        "please keep in mind that {fact}",
        "don't forget that {fact}",
        "make a note that {fact}",
        "um note that my locker code is four two seven one",
        "i want you to remember that {fact}",
        "for later {fact}",
        "you should know that {fact}",
        "write down that the red key opens the shed",
        "store this for me {fact}",
        "keep this in your memory my favourite colour is green",
        "remember something for me",
    ]
)
def remember(
    world: World, fact: Annotated[Text, Hint("what to remember, as the user said it", ask="What should I remember?")]
) -> Outcome:
    """Remember a fact for the user."""
    world.remember(fact)
    told = to_listener(fact)
    return done(f"I will remember that {told}.", fact=told)


@skill(
    examples=[
        "what did i tell you about {topic}",
        "do you remember {topic}",
        "what do you know about {topic}",
        "what did i say about my sister",
        "remind me what i told you about {topic}",
        "um what was it i said about my locker",
        "can you recall {topic}",
        "did i ever mention {topic}",
        "what do you remember about {topic}",
        "have i told you anything about my birthday",
        "what do you remember",
        "tell me again what i said about {topic}",
    ],
    effects=False,
)
def recall(world: World, topic: Annotated[Text, Hint("what the fact is about")] = "") -> Outcome:
    """Tell the user what they asked to be remembered."""
    fact = world.recall(topic)
    if fact is not None:
        told = to_listener(fact)
        return done(f"You told me that {told}.", fact=told)
    if not topic:
        return refused("You have not told me anything yet.")
    about = to_listener(topic)
    return refused(f"You have not told me anything about {about}.", topic=about)
