"""Teaching."""

from __future__ import annotations

from typing import Annotated

from models.task.skill import Hint, Outcome, Text, direct, skill


@skill(
    examples=[
        "teach me about {topic}",
        "explain {topic} to me",
        "how does {topic} work",
        "what is photosynthesis",
        "i want to learn about {topic}",
        "um can you explain how volcanoes erupt",
        "give me a lesson on {topic}",
        "help me understand {topic}",
        "why is the sky blue",
        "i never understood {topic}",
        "tell me something about {topic}",
        "could you teach me something",
        "i'm curious about {topic}",
    ],
    effects=False,
)
def teach(topic: Annotated[Text, Hint("what to explain", ask="What would you like to learn about?")]) -> Outcome:
    """Explain something to the user."""
    return direct(
        f"Explain {topic} to a beginner. Use two short, simple sentences.",
        opening="Let me explain that in simple words.",
    )
