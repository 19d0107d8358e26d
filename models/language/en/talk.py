"""What a language model may not say in English, and which English words ask for a deed."""

from __future__ import annotations

import re

from models.language.courtesies import Courtesy
from models.language.guardrails import TalkRules

_LEAK = re.compile(
    r"language model|\ban? AI\b|\bAI assistant\b|\bsystem prompt|\bmy (?:instructions|prompt)\b|\btext-based\b"
    r"|\b(?:user|assistant|system|human)\s*:|^\W*[a-z]+: [\"“]",
    re.IGNORECASE,
)
_STATES = (
    "think thought believe feel felt love loved like liked enjoy enjoyed hope wish know knew heard hear seen see been "
    "always never often had have be wonder imagine remember agree not no met missed understand admit a an the one my"
)
_CLAIM = re.compile(
    r"\b(?:I|we)(?:'ve|'ll| have| will| am going to|'m going to) (?:already |now |just )?"
    rf"(?!(?:{_STATES.replace(' ', '|')})\b)[a-z]+"
    r"|\b(?:I|we) (?:just )?(?:bought|sold|sent|booked|ordered|called|added|gave|put|opened|closed|deleted|paid|set)\b"
    r"|\b(?:it is|it's|that is|that's|all|consider it) done\b"
    r"|\blet me (?!think|see|know|tell|say)[a-z]+",
    re.IGNORECASE,
)
_ADDRESS = r"(?:(?:um+|uh+|er+|so|well|okay|ok|hey|hi|hello|and|then|now|please)\b\W*)*"
_DEEDS = (
    "book sell call send open close play turn switch make order find add delete remove cancel change read write bring "
    "give get put start translate search email text message remind schedule print drive fly pay transfer sing draw "
    "convert calculate record download install update unlock lock dim raise lower increase decrease mute check"
)
_REQUEST = re.compile(
    rf"\W*{_ADDRESS}(?:(?:can|could|would|will) you (?!hear|believe|imagine|like)|i (?:want|need) |i(?:'d| would) like "
    rf"|i wanna |help me |(?:{_DEEDS.replace(' ', '|')}) )",
    re.IGNORECASE,
)

_COURTESIES = (
    Courtesy(
        re.compile(r"\b(?:thanks|thank you|cheers|much obliged|appreciate)\b", re.IGNORECASE),
        ("You are welcome.", "My pleasure.", "Any time.", "Glad to help."),
    ),
    Courtesy(
        re.compile(r"\b(?:good ?bye|bye|see you|good night|take care|farewell|so long)\b", re.IGNORECASE),
        ("Goodbye, and take care.", "See you soon.", "Until next time."),
    ),
    Courtesy(
        re.compile(r"\bhow (?:are|is|was|do|did)\b|\bhow's\b|\bwhat's up\b|\bhow goes it\b", re.IGNORECASE),
        (
            "All is well here, thank you.",
            "Everything runs as it should, thank you.",
            "I am fine, thank you for asking.",
        ),
    ),
    Courtesy(
        re.compile(r"\b(?:sad|lonely|tired|awful|terrible|unhappy|upset|miserable|bad day|rough day)\b", re.IGNORECASE),
        (
            "I am sorry to hear that.",
            "That sounds hard, and I am sorry.",
            "I am sorry, and I hope it gets better soon.",
        ),
    ),
    Courtesy(
        re.compile(
            r"^\W*(?:\w+\W+)?(?:hello|hi|hey|good (?:morning|afternoon|evening|day)|greetings)\b", re.IGNORECASE
        ),
        ("Hello.", "Hello, it is good to see you.", "Hi there."),
    ),
    Courtesy(
        re.compile(r"\b(?:nice|good|great|pleased|glad) to (?:meet|see)\b", re.IGNORECASE),
        ("Nice to meet you too.", "The pleasure is mine."),
    ),
    Courtesy(
        re.compile(""),
        (
            "I am a small avatar and no great talker.",
            "I would rather do something for you than talk.",
            "Small talk is not my strength, I am afraid.",
        ),
    ),
)

TALK = TalkRules(leaks=_LEAK, claims=_CLAIM, requests=_REQUEST, courtesies=_COURTESIES)
