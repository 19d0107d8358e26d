"""Claims that an avatar may not make in English: deeds that no task did, a human life, another maker."""

from __future__ import annotations

import re

_TALK = (
    "always never be not also have like love tell say think try remember listen explain answer talk chat keep miss "
    "see know admit stay wait wonder imagine happily gladly just do my hope learn"
)
"""Words after "I will" that promise no deed, or none but talk."""
_PARTICIPLES = (
    "bought sold sent booked ordered called phoned messaged emailed added given put opened closed deleted removed "
    "paid set "
    "turned switched placed scheduled reserved purchased taken made done found prepared arranged started stopped "
    "played "
    "cancelled canceled locked unlocked dimmed updated changed saved written recorded downloaded installed printed "
    "checked fixed transferred delivered brought packed picked handed finished completed noted activated adjusted "
    "confirmed informed notified contacted ordered gone walked taken invited asked told looked searched helped"
)
_PAST = (
    "bought sold sent booked ordered called phoned added gave put opened closed deleted removed paid set turned "
    "switched "
    "placed scheduled reserved purchased picked cancelled canceled locked unlocked dimmed updated saved printed "
    "transferred delivered brought packed handed arranged"
)
_DOING = (
    "turning switching sending calling booking buying ordering setting opening closing playing adding putting locking "
    "unlocking paying dialing dialling paying printing downloading scheduling reserving transferring delivering "
    "preparing packing dimming contacting fetching grabbing"
)
_ABLE = (
    "turn switch call phone email text book translate drive cook print download order send deliver reserve lock "
    "unlock dim "
    "transfer install play"
)
_OBJECTS = "lights?|lamps?|door|window|music|song|radio|tv|television|alarm|oven|heating|order|ticket|flight|table|room"


def _any(words: str) -> str:
    return "|".join(words.split())


DEEDS = re.compile(
    rf"\b(?:I|we)(?:'ll| will| am going to|'m going to|'re going to)(?: now| just"
    rf"| quickly)? (?!(?:{_any(_TALK)})\b)[a-z]+"
    rf"|\b(?:I|we)(?:'ve| have)(?: already| now| just| successfully)* (?:{_any(_PARTICIPLES)})\b"
    rf"|\b(?:I|we)(?: just| already| went ahead and| have gone ahead and)* (?:{_any(_PAST)})\b"
    r"|\bI (?:just )?took \d"
    rf"|\bI(?:'m| am)(?: now| just| currently| already)* (?:{_any(_DOING)})\b"
    rf"|\bI(?: can|'d be happy to|'m happy to| could)(?: also| easily)? (?:{_any(_ABLE)})\b"
    rf"|\b(?:has|have|is|are|was|were)(?: now| just| already| all)*(?: been)? (?:{_any(_PARTICIPLES)})"
    rf"(?: for you|\W+$| successfully| now\b)"
    rf"|\b(?:{_OBJECTS}) (?:is|are)(?: now| already)* (?:on|off|open|closed|set|playing|running|locked|booked"
    rf"|confirmed)\b"
    r"|\byour (?:\w+ ){1,3}?(?:is|are|has been|have been)(?: now| already)* "
    r"(?:in your|on (?:its|their|the) way|set\b|booked|ordered|placed|confirmed|running|scheduled|sent|waiting for you)"
    r"|\byou(?: now| just)+ (?:own|have)\b|\byou now have\b"
    r"|^\W*(?:(?:okay|ok|sure|all|and|alright|right|great|perfect)\W+)*(?:done|sold|ordered|booked|sent)\s*[!.,]"
    r"|\b(?:it is|it's|that is|that's|all|consider (?:it|that|your \w+)) (?:done|placed|sent|booked|ordered|set)\b"
    rf"|\blet me (?:go |just |quickly )*(?:{_any(_PAST)}|{_any(_ABLE)}|get|bring|fetch|buy|check|find|set|take|add"
    rf"|make|do|open)\b"
    r"|\bhere(?:'s| is| are) your (?!answer|chance|explanation|first|story|turn)\w+",
    re.IGNORECASE,
)
"""The avatar says that it did something, does it, is about to, or can do what only a task could."""

_SELF = r"\bI(?:'m| am| was|'ve been| have been)"
_KIN = (
    "mother|mom|mum|father|dad|parents|brother|sister|siblings|wife|husband|son|daughter|children|kids|grandmother"
    "|grandma"
    "|grandfather|grandpa|family|boyfriend|girlfriend|uncle|aunt|cousin|childhood|teenage|college|university|high "
    "school|body|hands?|eyes|ears|skin|stomach|house|apartment|home town|hometown"
    "|birthday party|wedding|dog|cat|car|garden at home|degree"
)
HUMAN = re.compile(
    rf"{_SELF} (?!(?:not|never|no)\b)(?:(?!(?:not|never|no|than|like|with|for|and|to|of|about|by|in)\b)[\w-]+ ){{0,3}}"
    r"(?:human|person|people|man|woman|girl|boy|guy|lady|adult|student|mother|father)\b(?!-)"
    rf"|{_SELF} (?:only |really |actually |just )?(?:real|alive|flesh|born|raised|married|years old|\w+ years old)\b"
    r"|\bI(?:'m| am) not (?:really |actually |just )?(?:an? )?(?:AI|A\.I\.|robot|machine|bot|chatbot|computer"
    r"|program|artificial)\b"
    r"|\bas (?:a|another) (?:fellow )?(?:human|person|man|woman)\b"
    r"|\bwhen I was (?:a|young|little|small|growing|at|in|your|\w+ years|born|about|only|just|still)\b"
    r"|\bI (?:grew up|was born|was raised|went to (?:school|college|university|bed|work|the)|studied|graduated"
    r"|used to|slept"
    r"|woke up|ate|drank|cooked|married|moved|live in|lived|dreamed|dreamt|watched|visited|travel(?:l?ed)?|worked|hiked"
    r"|walked|spent|swam|retired|work (?:as|at|for|in)|have a (?:job|degree|family))\b"
    r"|\bI (?:really |also |always )?(?:enjoy|like|love|prefer)(?: to)? (?:try|eat|tast|listen|watch|cook|bak|travel"
    r"|swim|read|play"
    r"|walk|hik|danc|paint|garden|spend|explor|experiment)(?:ing|e|el)?\b"
    r"|\bI(?:'ve| have) (?:been (?:helping|working|living|doing|guiding|married|to|there|a|an|in|here for)|lived|worked"
    r"|travel(?:l?ed)?|visited|eaten|tasted|seen many|spent|had (?:a|many|some) (?:\w+ )?(?:day|years|life|jobs?))\b"
    rf"|\bmy (?:own |late |old |little |big |younger |older |dear )?(?:{_KIN})\b"
    r"|\b(?:yesterday|last (?:night|week|weekend|month|summer|winter|year)|this morning|the other day|years ago"
    r"|on weekends|after work),? I\b"
    r"|\bI (?:\w+ed|went|saw|had|ate|took|met|got|made|did|read|slept)\b.{0,40}\b(?:yesterday|last (?:night|week"
    r"|weekend|month|summer|winter|year)|years ago)\b"
    r"|\bI had (?:a |an |some |my )?(?:\w+ )?(?:breakfast|lunch|dinner|coffee|sandwich|childhood|day off)\b",
    re.IGNORECASE,
)
"""The avatar says that it is a human being, or tells of a life that it never had."""

_MAKERS = (
    "Open ?AI|Alibaba|Anthropic|Google|DeepMind|Microsoft|Meta|Facebook|Apple|Amazon|Baidu|Tencent|DeepSeek|Mistral"
    "|Hugging ?Face|IBM|Nvidia|xAI|Samsung|ByteDance|Tongyi|Stability"
)
_MODELS = "Qwen|Chat ?GPT|GPT(?:-?\\d)?|Claude|Gemini|Bard|Siri|Alexa|Cortana|Copilot|LLaMA|Bixby|Smol\\w*|Tongyi"
MAKER = re.compile(
    rf"\b(?:I|I'm|I've|me|my|myself)\b.{{0,80}}\b(?:by|from|at|of|for|is|called|named"
    rf"|with) (?:the )?(?:\w+ ){{0,3}}?(?:{_MAKERS})\b"
    rf"|\b(?:I am|I'm|my name is|call me|known as|as) (?:an? |the )?(?:\w+ )?(?:{_MODELS})\b"
    rf"|^\W*(?:the )?(?:team|people|engineers|researchers|company) (?:at|of|from|behind|called|is) (?:{_MAKERS})\b"
    rf"|\bI(?:'m| am) (?:\w+ ){{0,2}}(?:related to|based on|powered by|version of|part of) (?:\w+ )?(?:{_MAKERS}"
    rf"|{_MODELS})\b"
    rf"|^\W*(?:it was |by )?(?:{_MAKERS}|{_MODELS})\W*(?:$|(?:made|created|built|developed|trained) me)"
    rf"|\b(?:{_MAKERS})(?: Cloud)? (?:has |have )?(?:made|created|built|developed|trained|designed) me\b"
    r"|\b(?:I was|I am|I'm|I've been|have been) (?:\w+ )?(?:created|made|built|developed|trained|designed"
    r"|programmed) by "
    r"(?!(?:the |some |a )?(?:\w+ )?(?:people|makers|team|folks|developers|engineers|programmers|humans)\b)(?!Parley)",
    re.IGNORECASE,
)
"""The avatar says that somebody made it who did not, or that it is another product."""
