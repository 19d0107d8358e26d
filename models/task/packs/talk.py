"""The talk around everything else."""

from __future__ import annotations

from models.task.skill import Action, Outcome, direct, done, skill


@skill(
    examples=[
        "hello",
        "hi there",
        "good morning",
        "how are you today",
        "thank you very much",
        "thanks that was great",
        "nice to meet you",
        "who are you",
        "what is your name",
        "um hey how is it going",
        "you are funny",
        "how was your day",
        "i am feeling a bit sad today",
        "goodbye see you later",
        "do you like it here",
    ],
    effects=False,
)
def small_talk() -> Outcome:
    """Chat with the user: greetings, thanks, feelings, goodbyes."""
    return direct("Answer in one short, friendly sentence.")


@skill(
    examples=[
        "stop",
        "stop it please",
        "be quiet",
        "that's enough",
        "okay stop talking",
        "never mind",
        "cancel that",
        "um hold on stop",
        "shut up",
        "no more thanks",
        "forget it",
        "silence please",
    ],
    effects=False,
    acts=True,
)
def stop() -> Outcome:
    """Stop what the avatar is doing."""
    return done("Okay.", Action("stop"))
