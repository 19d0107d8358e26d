"""What English listeners say, and how English speakers take the floor."""

from __future__ import annotations

import re
from itertools import product

from models.language.backchannel import Listener, phrases

_SOUNDS = re.compile(
    r"[aeouhm]+|e+r+m*"  # ah, oh, uh, aha, ha, huh, hehe, uhhuh; mm, hm, mhm, um, ahem; er, erm
    r"|ye+a*h*|ya+h*|yu+h+|y[aeu]+p+"  # yeah, ya, yuh, yep, yup
    r"|wo+w+|wh?o+a+h*|ph?ew|ugh"  # wow, whoa, phew
)
_PRAISE = phrases(
    "right, true, great, good, nice, cool, fine, perfect, amazing, awesome, wonderful, lovely, fantastic, brilliant, "
    "interesting, funny, correct, exactly, sure, crazy, incredible"
)
_LISTENING = phrases(
    "yes, ok, okay, okey, k, alright, indeed, really, gotcha, understood, absolutely, definitely, certainly, "
    "totally, agreed, thanks, goodness, gosh, oops, continue, i see, i know, i understand, i get it, i got it, "
    "i got you, got it, got you, all right, of course, for sure, makes sense, make sense, that makes sense, "
    "fair enough, good point, is that so, thank you, my goodness, oh my, go on, keep going, carry on"
)

LISTENER = Listener(
    sounds=_SOUNDS,
    listening=_PRAISE.union(
        _LISTENING, (lead + word for lead, word in product(phrases("that's, that is, very, so, sounds"), _PRAISE))
    ),
    fragments=phrases(
        "i, you, he, she, it, we, they, me, him, her, us, them, a, an, the, and, but, or, so, of, to, in, on, at, for, "
        "from, by, well, now, then"
    ),
    floor=phrases(
        "stop, wait, no, nope, don't, hold, hang, cancel, canceled, cancelled, quit, enough, pause, be, quiet, "
        "silence, shut, listen, sorry, excuse, please, help, hey, hello, what, what's, why, how, how's, who, who's, "
        "when, where, where's, which"
    ),
)
