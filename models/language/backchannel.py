"""Whether words that were said while the avatar spoke are meant to interrupt it.

Listeners say "uh-huh", "right" and "I see" to show that they follow, and want nothing: these are backchannels (Yngve
1970, "On getting a word in edgewise"). They cough and laugh. And the avatar's own voice comes back through the
microphone. All three reach a recogniser, which writes words for them.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from itertools import product

GUESSED = 0.5
"""Confidence below which words are a guess at what nobody could understand, such as an echo under noise."""
DOUBTED = 0.65
"""Likewise for a few words: recognisers write hums and laughter as words that resemble them, such as "Amend them" or
"Better", and are unsure of them."""
FEW = 3
"""Words."""
ALIKE, SHORT_ALIKE = 78.0, 90.0
"""Similarity of letters, 0 to 100, from which words are the avatar's own. "Go to the bakery" is much like "we go south
to the bakery", so short texts must be more so."""
SHORT = 24
"""Letters."""

_WORD = re.compile(r"[\u3400-\u9fff]|[^\W_\u3400-\u9fff]+(?:['’][^\W_]+)*")
"""A word, or a Chinese character."""
_NOTE = re.compile(r"\[[^\]]*\]|\([^)]*\)|（[^）]*）|\*[^*]*\*")
"""Whisper's way to describe what is no speech: ``[coughs]``, ``(laughter)``."""


def _words(text: str) -> list[str]:
    """The words of a text, without case and punctuation, and without notes about sounds."""
    return [word.replace("’", "'") for word in _WORD.findall(_NOTE.sub(" ", text).casefold())]


def _phrases(text: str) -> frozenset[tuple[str, ...]]:
    return frozenset(tuple(_words(phrase)) for phrase in text.split(","))


_SOUND = re.compile(
    r"[aeouhm]+|e+r+m*"  # ah, oh, uh, aha, ha, huh, hehe, uhhuh; mm, hm, mhm, um, ahem; er, erm
    r"|ye+a*h*|ya+h*|yu+h+|y[aeu]+p+"  # yeah, ya, yuh, yep, yup
    r"|wo+w+|wh?o+a+h*|ph?ew|ugh"  # wow, whoa, phew
    r"|[嗯恩唔哦噢喔啊呃额呵哈嘿嘻哎唉咳哇]"
)
"""A word that is written as it sounds."""
_PRAISE = _phrases(
    "right, true, great, good, nice, cool, fine, perfect, amazing, awesome, wonderful, lovely, fantastic, brilliant, "
    "interesting, funny, correct, exactly, sure, crazy, incredible"
)
_LISTENING = _PRAISE.union(
    _phrases(
        "yes, ok, okay, okey, k, alright, indeed, really, gotcha, understood, absolutely, definitely, certainly, "
        "totally, agreed, thanks, goodness, gosh, oops, continue, i see, i know, i understand, i get it, i got it, "
        "i got you, got it, got you, all right, of course, for sure, makes sense, make sense, that makes sense, "
        "fair enough, good point, is that so, thank you, my goodness, oh my, go on, keep going, carry on, "
        "好, 好的, 好吧, 好啊, 对, 对的, 对啊, 是, 是的, 是啊, 行, 没错, 当然, 可以, 知道, 知道了, 我知道, 明白, "
        "明白了, 了解, 懂了, 这样, 这样啊, 原来如此, 真的, 真的吗, 不错, 没问题, 谢谢"
    ),
    (lead + word for lead, word in product(_phrases("that's, that is, very, so, sounds"), _PRAISE)),
)
"""What listeners say."""
_BEGUN = {phrase[:size] for phrase in _LISTENING for size in range(1, len(phrase))}
_LONGEST = max(map(len, _LISTENING))
_FRAGMENTS = _phrases(
    "i, you, he, she, it, we, they, me, him, her, us, them, a, an, the, and, but, or, so, of, to, in, on, at, for, "
    "from, by, well, now, then"
)
"""Words that say nothing on their own: what is left of a hum, of a cough, or of a sentence that was given up."""
_FLOOR = _phrases(
    "stop, wait, no, nope, don't, hold, hang, cancel, canceled, cancelled, quit, enough, pause, be, quiet, silence, "
    "shut, listen, sorry, excuse, please, help, hey, hello, what, what's, why, how, how's, who, who's, when, where, "
    "where's, which, 停, 等, 不, 别, 慢, 什, 怎, 谁, 哪, 几, 喂"
)
"""Words with which people take the floor."""


def is_backchannel(text: str, confidence: float | None = None) -> bool:
    """Whether a transcript only shows that somebody listens, or coughs, or says nothing: the avatar may go on.

    English and Chinese. `confidence` is the recogniser's, 0 to 1: it tells words that were said from words that stand
    for another sound. Who takes the floor does so however unclear it came."""
    words = _words(text)
    rest = _behind_listening(words)
    if not rest or tuple(words) in _FRAGMENTS:
        return True
    if confidence is None or (rest[0],) in _FLOOR:
        return False
    return confidence < (DOUBTED if len(words) <= FEW else GUESSED)


def has_word(text: str, confidence: float | None = None) -> bool:
    """Whether the words so far, of somebody who still speaks, can no longer become a backchannel."""
    rest = tuple(_behind_listening(_words(text)))
    return rest not in _BEGUN and not is_backchannel(text, confidence)


def is_echo(text: str, spoken: str) -> bool:
    """Whether words are the avatar's own; `spoken` is what it said of late, to the word that is playing.

    The user's are words that mostly take the floor, also where the avatar has said the same, and words with one among
    them that takes the floor and that the avatar has not said."""
    from rapidfuzz.fuzz import partial_ratio  # not before there is something to compare

    words, own = _words(text), _words(spoken)
    taking = [word for word in words if (word,) in _FLOOR]
    if not words or 2 * len(taking) >= len(words) or not set(taking) <= set(own):
        return False
    heard, said = f" {' '.join(words)} ", f" {' '.join(own)} "
    alike = SHORT_ALIKE if len(heard) < SHORT else ALIKE
    return len(heard) <= len(said) and partial_ratio(heard, said) >= alike


def _behind_listening(words: Sequence[str]) -> Sequence[str]:
    """What is left behind the sounds and phrases of a listener with which the words begin."""
    at = 0
    while at < len(words):
        sizes = range(min(_LONGEST, len(words) - at), 0, -1)
        size = next((size for size in sizes if tuple(words[at : at + size]) in _LISTENING), 0)
        if not size and not _SOUND.fullmatch(words[at]):
            break
        at += size or 1
    return words[at:]
