"""What a language model may not say in English, and which English words ask for a deed."""

from __future__ import annotations

import re

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

TALK = TalkRules(leaks=_LEAK, claims=_CLAIM, requests=_REQUEST)
