"""English words that a conversation turns on."""

from __future__ import annotations

from models.language.en.spoken import ABBREVIATIONS
from models.language.en.words import FILLERS


def _set(words: str) -> frozenset[str]:
    return frozenset(words.split())


def _phrases(text: str) -> frozenset[str]:
    return frozenset(phrase.strip() for phrase in text.split(","))


SHORTENED = frozenset(word.rstrip(".").lower() for word in ABBREVIATIONS) | _set(
    "st rev gen col capt lt sgt eg ie est fig vol inc ltd co corp"
)
"""Those that a voice speaks in full, and others that it knows, or that stand in names."""

STOP_WORDS = _set(
    "a about an and any anything are at did do for from had has have he her him his i in is it know me mine my of on "
    "or our remember said say she so some something tell that the their them there they thing things this to told up "
    "us was we were what when where which who will with you your"
)
OPEN_WORDS = _set(
    "a an the my your his its our their every of to for from with at by in on into about and or but so because if than "
    "as was were does did could would will shall should may might must has had get want it's i'm i'd i'll um uh er erm "
    "how which whose"
)

DEMONSTRATIVES = _set("this that these those")
PLACES = _set("there")
PLURALS = _set("them these those")
PRONOUNS = _set("it them")

CONFIRM = _phrases(
    "yes, yeah, yep, yup, sure, okay, ok, right, correct, exactly, absolutely, definitely, certainly, of course, "
    "please do, do it, do that, go ahead, go for it, sounds good, that's right, that is right, yes please, why not, "
    "by all means, please, affirmative"
)
DENY = _phrases(
    "no, nope, nah, no thanks, no thank you, not now, not really, don't, do not, don't do it, don't do that, never, "
    "rather not, better not, i'd rather not, of course not, certainly not, negative, that's wrong, that is wrong"
)
CANCEL = _phrases(
    "cancel, cancel that, cancel it, never mind, nevermind, forget it, forget that, forget about it, stop, stop it, "
    "drop it, leave it, scratch that, abort, skip it"
)

SAMPLES = {
    "duration": ("ten minutes", "an hour", "30 seconds"),
    "integer": ("two", "5", "three"),
    "number": ("two", "5", "one and a half"),
    "name": ("lin", "tom", "maria", "doctor miller", "zoe"),
    "text": ("pirates", "the moon", "my brother"),
}

DETERMINERS = _set("a an the some any another my your our his her their this that these those of one")
LEADING = _set("about of on for")
ANYTHING = _set("something anything everything somewhere anywhere")
ALL = _set("all every both everything each")
VAGUE = ANYTHING | _set(
    "it one ones them this that these those here there else stuff thing things me us you him her now today tonight "
    "tomorrow outside around"
)
BESIDE = FILLERS | _set("over right up down back just")
AROUND = FILLERS | _set("that again thanks now")

DAYS = {
    "today": "today",
    "tonight": "today",
    "this evening": "today",
    "this afternoon": "today",
    "tomorrow": "tomorrow",
    "yesterday": "yesterday",
    "day after tomorrow": "day after tomorrow",
    "day before yesterday": "day before yesterday",
    "monday": "monday",
    "tuesday": "tuesday",
    "wednesday": "wednesday",
    "thursday": "thursday",
    "friday": "friday",
    "saturday": "saturday",
    "sunday": "sunday",
    "weekend": "saturday",
}

MANNERS = {
    phrase.strip(): change
    for change, phrases in {
        "slower": """slower, slow down, slow, slowly, more slowly, less fast, too fast, too quick, too quickly
            not so fast
            slow it down""",
        "faster": """faster, fast, speed up, quicker, quickly, more quickly, hurry up, too slow, too slowly, speed it up
            not so slow, pick up the pace""",
        "louder": """louder, loud, speak up, loudly, volume up, turn up, up the volume, too quiet, too soft, can't hear
            cannot hear, hardly hear, barely hear, hard of hearing, more volume""",
        "quieter": """quieter, softer, quiet, softly, quietly, more quietly, not so loud, too loud, volume down
            turn down
            lower your voice, whisper, keep it down, tone it down, less loud, lower, down, shouting, stop shouting""",
        "normal": """normal, normally, as usual, as before, usual, regular, default, like before, usual speed
            back to normal, your normal voice, ordinary""",
    }.items()
    for phrase in phrases.replace("\n", ",").split(",")
}
