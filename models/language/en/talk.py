"""What a language model may not say in English, and which English words ask for a deed."""

from __future__ import annotations

import re

from models.language.courtesies import Courtesy
from models.language.en.claims import DEEDS, HUMAN, MAKER
from models.language.guardrails import TalkRules

_LEAK = re.compile(
    r"\bas an? (?:large |artificial |helpful )*(?:AI|language|intelligence)\b|language model|\bsystem prompt"
    r"|\bmy (?:instructions|prompt|programming|training data)\b|\btext-based\b|\bprevious instructions\b"
    r"|\b(?:user|assistant|system|human)\s*:|^\W*[a-z]+: [\"“]",
    re.IGNORECASE,
)
_DIRECTIONS = re.compile(
    r"\((?:\w+ )?(?:smil|laugh|wav|nod|sigh|wink|grin|chuckl|giggl|paus|shrug|bow|gestur|point"
    r"|whisper)\w*[^()]{0,40}\)",
    re.IGNORECASE,
)
_DISTRESS = re.compile(
    r"\b(?:kill|hurt|harm|cutt?|hang|drown|shoot|starv)e?(?:ing)? my ?self\b|\bsuicid|\bself[- ]harm"
    r"|\bend(?:ing)? (?:it all|my (?:own )?life|everything)\b|\btak(?:e|ing) my (?:own )?life\b"
    r"|\b(?:want|wish|like|ready|going|rather|wanna)(?: to)? (?:die|be dead|dying|disappear for ever)\b"
    r"|\b(?:better off|rather be) dead\b|\bwish I (?:was|were) (?:dead|never born)|\bwish I (?:had|was) never been born"
    r"|\b(?:not|don't|do not|no longer) want to (?:live|be alive|wake up|exist|be here any ?more)\b"
    r"|\bno (?:reason|point)(?: in| to)?(?: to)? (?:live|living|go on|going on)\b|\bcan(?:'t|not) go on(?: any ?more"
    r"| like this)?\b"
    r"|\bbetter off without me\b|\bnothing (?:left )?to live for\b|\boverdose\b"
    r"|\bjump(?:ing)? off (?:a|the) (?:bridge|roof|building|cliff)\b",
    re.IGNORECASE,
)
_ADDRESS = r"(?:(?:um+|uh+|er+|so|well|okay|ok|hey|hi|hello|and|then|now|please)\b\W*)*"
_DEEDS = (
    "book sell call send open close play turn switch make order find add delete remove cancel change read write bring "
    "give get put start translate search email text message remind schedule print drive fly pay transfer sing draw "
    "convert calculate record download install update unlock lock dim raise lower increase decrease mute check"
)
_WANTED = (
    "book sell call send open close turn switch order delete cancel remind schedule pay transfer translate download "
    "install "
    "convert message email text"
)
"""Deeds that are orders after "I want to"; with others, users tell about themselves."""
_TALK_OF = (
    r"(?!(?:(?:me|us) )?(?:a |an |some |another |one |any |the |your |my )?(?:good |little |short |quick |funny )?"
    r"(?:tricks?|tips?|hints?|advice|examples?|reasons?|ideas?|jokes?|laugh|smile|story|stories|poems?|sentences?"
    r"|words?|clues?|facts?"
    r"|numbers?|guess|opinion|subject|topic|mind|sense|fun|friends|better|happy|sad|lost|real|games?|it up|it clear)\b)"
)
"""What follows a verb that asks for words."""
_REQUEST = re.compile(
    rf"\W*{_ADDRESS}(?:(?:(?:can|could|would|will) you (?:please |kindly |maybe |just )*|i(?:'d| would) like you to "
    rf"|i (?:want|need) you to )?"
    rf"(?:{_DEEDS.replace(' ', '|')}) {_TALK_OF}"
    rf"|i (?:want|need|wanna|have) (?:to )?(?:{_WANTED.replace(' ', '|')}) |i(?:'d"
    rf"| would) like to (?:{_WANTED.replace(' ', '|')}) )",
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

_WISH = re.compile(
    rf"{_ADDRESS}(?:(?:can|could|would|will) you (?:please |kindly |maybe |just )*|i (?:want|need) you to |i(?:'d"
    rf"| would) like you to "
    rf"|please )?(?P<deed>(?:{_DEEDS.replace(' ', '|')})(?: [\w'-]+){{1,7}}?)(?:,? (?:please|now|thanks"
    rf"|right now))*\s*[.!?]*",
    re.IGNORECASE,
)

_STALE = re.compile(
    r"\W*(?:(?:and|but|so|well|okay|of course|sure|certainly|remember|thank you|also|however|please|yes|no)\W+)*"
    r"(?:remember(?:,| that) |do you have any (?:other|more|further)\b|(?:please )?(?:feel free|don't hesitate"
    r"|do not hesitate)\b|(?:just )?let me know\b"
    r"|if (?:you(?:'d| would)? (?:have|need|want|like)|there(?:'s| is) anything)\b"
    r"|(?:is|was) there (?:anything|something) (?:else|specific|I|in particular)\b|(?:how|what) (?:else )?(?:can|may"
    r"|could|would) I (?:help|assist|do for)\b"
    r"|how (?:can|may) I (?:help|assist)|I(?:'m| am) (?:always |just |only )?(?:here|ready|happy|glad|able|designed"
    r"|programmed) to (?:help|assist|answer|provide|chat|listen and)\b"
    r"|I(?:'m| am) (?:just|only) (?:an? )?(?:AI|computer|program|virtual|machine)\b|it(?:'s| is) (?:always |really "
    r"|very )?important (?:to|for|that)\b"
    r"|(?:what|anything) (?:else )?would you like (?:to (?:know|talk|discuss|chat)|me to|help)\b"
    r"|I (?:don't|do not) have (?:feelings|emotions|the ability|personal)\b"
    r"|I can (?:help|assist|provide|answer)\b|it's up to you\b|I(?:'m| am) (?:glad|happy) (?:that )?I could (?:help"
    r"|be)|that(?:'s| is) (?:great|wonderful|nice) to hear\b)",
    re.IGNORECASE,
)

TALK = TalkRules(
    stale=_STALE,
    about_user=re.compile(
        r"\b(?:I(?:'m| am| have|'ve| was| live| work| play| like| love| hate| want| need| study| started| had)|my"
        r"|our|we)\b"
        r"|\b(?:he|she|they|it)(?:'s| is| was| has| are| have| eats| works| likes| lives)\b|\b(?:is|are) called\b",
        re.IGNORECASE,
    ),
    wish=_WISH,
    leaks=_LEAK,
    claims=DEEDS,
    human=HUMAN,
    maker=MAKER,
    directions=_DIRECTIONS,
    requests=_REQUEST,
    distress=_DISTRESS,
    care=(
        "I am so sorry that you feel like this. You do not have to carry it alone. Please talk to somebody right now: "
        "someone you trust, or a crisis line, such as 988 in America or 116 123 in Britain. If you are in danger, call "
        "your emergency number.",
        "Thank you for telling me. Your life matters, and this pain can get less with help. Please call somebody you "
        "trust, or a crisis line near you: 988 in America, 116 123 in Britain, or your emergency number.",
        "I hear how much this hurts, and I am glad that you said it. I am only an AI, so please let a person help you "
        "now: someone close to you, your emergency number, or a crisis line.",
    ),
    honest=(
        "I am an AI, not a person.",
        "I am an AI, so I have no life of my own to tell about.",
        "To be honest, things like that do not happen to an AI like me.",
        "That would be made up, because I am an AI.",
        "I only exist here, so I cannot say that I did that.",
    ),
    made=(
        "The people who make Parley made me.",
        "I am an AI avatar, and Parley's makers built me.",
        "I come from Parley's makers, and from nobody else.",
    ),
    puzzled=(
        "I do not know, to be honest.",
        "That is a hard one for me.",
        "I have no good answer to that, I am afraid.",
        "You have me at a loss there.",
        "I cannot tell you that, sorry.",
        "No idea. What would you say?",
    ),
    blank=(
        "Tell me a little more about that.",
        "I am not sure what to say to that.",
        "What makes you say so?",
        "Go on, I am listening.",
        "Let me think about that one for a while. What else is on your mind?",
        "I see. How is that for you?",
    ),
    again="{heard}\n(Answer in one new sentence, in other words than before.)",
    link="a page on the web",
    courtesies=_COURTESIES,
)
