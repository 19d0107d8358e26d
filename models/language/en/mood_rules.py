"""Patterns of English words that tell the mood of a clause; `models.language.en.mood` reads sentences with them.

All but the patterns that cut are for plain words: lower case, contractions in full, no punctuation.
"""

from __future__ import annotations

import re

from models.language.mood import Mood

SHORT = (
    ("\N{RIGHT SINGLE QUOTATION MARK}", "'"), (r"\bcan'?t\b|\bcannot\b", "can not"), (r"\bwon't\b", "will not"),
    (r"\bdont\b", "do not"), (r"n't\b", " not"), (r"'m\b", " am"), (r"'re\b", " are"), (r"'ve\b", " have"),
    (r"'ll\b", " will"), (r"'d\b", " would"), (r"\blet's\b", "let us"), (r"'s\b", " is"), (r"\bgonna\b", "going to"),
    (r"\bwanna\b", "want to"), (r"\bgotta\b", "have to"), (r"\bdo not you dare\b", "do not"), (r"[^\w]+", " "),
)  # fmt: skip
"""Contractions and what they stand for, one after the other; the last leaves only words."""

DEED = (
    "buy|purchase|get|give|take|bring|lead|guide|walk|go|head|show|set|start|make|add|pick|order|sell|fetch|hand|"
    "grab|put|wake|remind|teleport|navigate|create|begin|run|count|time|let|tell|find|come|visit|stop|cancel|drop|"
    "pass|keep"
)
"""Verbs that begin an order."""
_GOODS = "buy|purchase|get|take|have|order|own|grab|pick|choose|go|visit|see|set|start|use|pay|spend|bring|head|walk"
_ADVERB = (
    r"(?:(?:really|just|also|now|actually|still|definitely|simply|certainly|absolutely|only|kindly|please|maybe|"
    r"rather|quite|then|gladly|very|much|possibly|perhaps|ever|all|even|honestly|truly|already|again) )*"
)
YOU = rf"(?:can|could|will|would) (?:not )?(?:you|somebody|someone|anybody|anyone) {_ADVERB}"
"""The beginning of a request."""
_TO_DO = (
    rf"(?:{_ADVERB}(?:{YOU}|(?:can|could|may|might|shall|should) (?:i|we) |(?:i|we) {_ADVERB}(?:want|need|have|would "
    rf"(?:like|love)|am going|are going)(?: you| us)?(?: to)? |let us |let me |help me (?:to )?|you (?:should|must|"
    rf"can|have to|need to) ){_ADVERB})?"
)
"""What may stand before a deed in a request for it."""
LEAD = re.compile(
    r"(?:(?:um+|uh+|uhm|er+|erm|hm+|mm+|ah|oh|okay|ok|hey|hi|hello|well|so|please|then|now|and|but|actually|also|yes|"
    r"yeah|yep|sure|look|listen|right|alright|thanks|thank you|sorry|excuse me|you know what|you know|because|parley|"
    r"just|by the way|anyway|honestly|like i said|first|next|finally|or|no(?= (?:i|we|you|do not|never|please|buy|"
    r"take|get|not|give|wait)\b)|wait|quick) )+"
)
"""What may stand before a clause and changes nothing."""
OPINION = re.compile(
    r"(?:i|we) (?:think|guess|suppose|believe|mean|reckon|said|say|have decided|decided)(?: that)? (?=(?:i|we|you|"
    r"buy|take|get|give|set|go|do|bring|please)\b)"
)
"""What only says that an opinion or a repeated wish follows."""
ASIDE = re.compile(
    r"(?<!wondering )(?<!grateful )(?<!glad )(?<!happy )(?<!great )(?<!nice )(?<!lovely )(?<!mind )(?<!it )\bif "
    r"(?:you (?:can|could|please|like|want|wish|would|do not mind|are able|are free|have (?:a |the |some )?(?:time|"
    r"moment|minute|second)|have (?:got )?(?:one|any|some|it|them))|(?:it|that) is (?:okay|ok|possible|all right|"
    r"alright|fine|no trouble|not too much)|possible|i may|i might|i could)\b(?: to you| with you| for you| to ask| "
    r"trouble)?"
)
"""A condition that is mere courtesy."""
CONDITION = re.compile(r"\b(?:if|unless|whenever|in case|as soon as|provided|supposing|assuming|only when)\b")
"""Words that begin a condition."""
CONDITIONAL = re.compile(r"(?:if|unless|when|whenever|in case|as soon as|once|suppose|provided)\b")
"""The beginning of a clause that is a condition of others."""
LATER = re.compile(
    r"\b(?:tomorrow|some ?day|one day|one of these days|next (?:week|month|year|time|summer|winter|spring|autumn|"
    r"monday|tuesday|wednesday|thursday|friday|saturday|sunday)|later (?:today|on|this)|when i (?:am|have|get|grow)|"
    r"on (?:monday|tuesday|wednesday|thursday|friday|saturday|sunday)|eventually|sooner or later)\b"
)
"""A time at which nothing can be done yet."""
PAST = re.compile(
    r"\b(?:bought|purchased|sold|paid|ordered|visited|went|took|got|walked|had|was|were|did|gave|lost|found|saw|been|"
    r"yesterday|ago|last (?:week|month|year|night|time|summer|winter))\b"
)
"""Words of the past."""
REFERRING = re.compile(r"\b(?:one|ones|it|them|that|this|those|these|there|same|too|another|some|so)\b")
"""Words that stand for something named elsewhere."""
QUESTION_WORD = r"(?:what|who|whom|whose|why|how|whether|if|which|where)"
"""Words that begin an indirect question."""
_TELL = (
    r"(?:tell|explain|say|guess|check|find out|know|show|remind|let|see|remember|recall|understand|ask|be sure|"
    r"wonder|learn)(?: me| us| to me)?(?: know)?(?: again)?"
)
_HOW_TO_GET = (
    r"(?:where (?:(?:the|my|that) (?:\w+ ){1,2}(?:is|are)|is|are|am|do we go|can i find|could i find|can we find|do "
    r"i find|to find)|which (?:way|path|road)|what (?:is|would be) the (?:\w+ )?(?:way|route|path)|how (?:do|can|"
    r"could|would|should|might) (?:i|we|one|you) (?:best |quickly )?(?:get (?:to|there|from|back|over)|go|reach|find|"
    r"walk|come)|how to (?:get to|reach|find|go)|(?:the|my) way|directions|how far)\b"
)
_SOMEBODY = (
    r"(?:he|she|they|it|this|that|these|those|there|someone|somebody|everyone|everybody|people|nobody|no one|anyone|"
    r"who|none)"
)
_FINITE = (
    "wants|needs|likes|loves|would|will|has|is|was|were|are|had|bought|buys|said|says|told|tells|asked|asks|thinks|"
    "should|must|can|could|might|may|did|does|went|goes|took|takes|got|gets|gave|gives|wanted|needed|wishes|hopes|"
    "plans|ordered|purchased|sold|sells|visited|walked|walks|keeps|want|need|have|stole|lost|found|forgot|never|"
    "always|already|just|seems|owns|opens|costs|buying|remembered|started|set|made|brought|used to|rang|ate|drank|"
    "came|ran|met|kept|left|felt|knew|heard|wore|won|broke|sent|spent|taught|thought|led|stood|slept|drove|grew|"
    "threw|woke|wrote|began|chose|fell|loved|liked|tried|owned|lived|worked|returned|cancelled|showed|happened|"
    "lasted|finished|ended|expired|lives|works|knows|sees|makes|comes|runs|feels|brings|wears|uses|finds|leaves|eats|"
    "drinks|visits"
)
REMEMBER = re.compile(
    rf"{_TO_DO}(?:always )?(?:(?:remember|memori[sz]e|note(?: down)?|keep in (?:mind|memory)|bear in mind|"
    r"write down|store|jot down|keep (?:this|that|it) in (?:your )?(?:mind|memory)|(?:make|take) a note|(?:do )?not "
    r"forget|never forget|save the fact|know)\b|for (?:later|future reference|the record)\b|just so you (?:know|"
    r"remember)\b|tell you something to remember\b|(?:save|keep) this\b)(?: of)?(?: this| it| for me| for later| to "
    r"yourself)*(?: the fact)?(?P<that> that| about)?(?= |$)"
)
"""A wish that what follows be remembered."""
REMIND = re.compile(rf"{_TO_DO}remind (?:me|us)\b(?: again)?(?! what| who| how| where| which| why)(?: that| about)?")
"""A wish to be told about what follows later."""

_RULES: tuple[tuple[str, Mood | None], ...] = (
    # What looks like a negation or a report, and orders.
    (rf"{YOU}not forget to |do not forget to (?:set|start|take (?:me|us)|bring (?:me|us)|wake|stop|guide|lead)",
     Mood.ORDER),
    (r"never mind|forget (?:it|that|about it)$|no more(?: please| thanks| thank you)?$|(?:that|this) is enough|(?:i|"
     r"we) have (?:had|heard) enough", Mood.ORDER),
    (r"(?:(?:i|we) (?:do not|never|can not) (?:want to |wish to |like to )?spend|(?:do not|never) let (?:me|us) spend) "
     r"(?:any )?more than|(?:my|our) budget is(?! not\b)|(?:i|we) (?:can|will|want to|would like to) only spend|"
     r"(?:i|we) have (?:only )?[\w ]{1,20} to spend\b", Mood.ORDER),
    (r"(?:do not|never|stop) (?:talk|speak|say|interrupt|chatter|babbl)\w*", Mood.ORDER),
    (r"(?:i|we) would not (?:mind|say no)|(?:i|we) can not (?:do|go|leave) without", Mood.ORDER),
    (r"why (?:do|can|could) not (?:you|we)|can not (?:you|we)|could not you|will not you|how about we", Mood.ORDER),
    (r"we should (?:get going|go|head|leave|walk)\b|what (?:i|we) (?:really )?(?:want|need|would like) (?:is|now is)",
     Mood.ORDER),
    (r"i (?:am|was) (?:just )?wondering (?:if|whether) (?:you|i|we) (?:can|could|would|might|may)|i was hoping|(?:i|"
     r"we) would (?:\w+ )?(?:be (?:\w+ )?(?:happy|glad|grateful|delighted)|appreciate)|(?:it|that) would be (?:\w+ "
     rf")*(?:if|to have)|(?:it|that) is (?:about |high )?time (?:to (?:go|buy|set|start)|you|we|i)|(?:i|we) (?:could|"
     rf"would) {_ADVERB}(?:murder|kill|"
     r"die for|give anything for)", Mood.ORDER),
    (r"(?:is there )?any chance (?:you|i|we|of)|(?:would it be|is it) possible for you|would it be (?:okay|ok|"
     r"possible)|"
     rf"mind \w+ing (?:me|us)|you could not (?:possibly )?(?:{DEED})\b", Mood.ORDER),
    # Not wanted.
    (r"(?:do|would|will|have|is|are|was|were|should|did|does|could) not (?:you|we|they|he|she|i|it|that|this)\b",
     Mood.ASKED),
    (r"(?:please )?(?:do not|never) (?:worry|be |tell me you|hesitate|you)", None),
    (rf"(?:do not|never|not|nor|neither|instead of|rather than|without|let us not|no more|no need|no longer|no way|"
     rf"under no|in no case|on no account|by no means|{YOU}(?:not|never)|you (?:must|should|may|can|shall|will|need|"
     rf"had better|better|would better) (?:not|never)|(?:i|we) had better not|better not|(?:i|we) would rather not|"
     rf"there is (?:really )?no (?:need|reason|point|use)|(?:i|we) have no (?:\w+ )?(?:wish|need|"
     r"desire|intention|use|interest|plans)|(?:i|we) (?:have |am |are )?(?:\w+ )?against|you are not (?:to|allowed|"
     r"supposed|going)|forget (?:the|a|an|about|my|those|that) \w+)\b", Mood.NEGATED),
    (r"no (?!one|body|problem|worries|doubt|idea|wonder|wait|thanks|thank)\w+s?\b", Mood.NEGATED),
    (r"(?:hold off|put off|(?:i|we) (?:can|could) (?:easily )?do without)\b|(?:stop|quit|avoid|refrain from|no) "
     r"(?!it|that|this)\w+ing\b", Mood.NEGATED),
    (rf"(?:i|we) {_ADVERB}(?:do|would|will|am|are|must|shall|should|could) not {_ADVERB}(?:want|need|wish|like|care|"
     rf"going|feel like|plan|intend|have to|think (?:i|we|you)|interested|asking|here to|be \w+ing|buying|(?!have\b|"
     rf"own\b|see\b|use\b|know\b|find\b|tell\b)(?:{_GOODS}|{DEED}))\b", Mood.NEGATED),
    (rf"(?:i|we) (?:{_ADVERB}(?:want|need|would like) (?:you )?(?:not to|to not|nothing|no |none)|refuse|(?:will|"
     rf"would|shall) "
     r"never|never (?:want|asked|said|told))", Mood.NEGATED),
    # The reverse of a deed, and whether to do that.
    (r"should (?:i|we) (?:sell|trade|swap|exchange|return)\b", Mood.ASKED),
    (rf"{_TO_DO}(?:(?:sell|lend|trade|swap|exchange)(?! (?:me|us)\b)|return(?! to)|refund|give (?:back|away)|bring "
     rf"back|"
     r"take back|cancel|delete|remove|undo|reset|turn off|switch off|put back|throw|get rid|stop (?:the|my|that|this|"
     r"all|every) (?:\w+ ){0,3}(?:timer|alarm|countdown)s?)\b", Mood.UNDONE),
    (rf"{_TO_DO}(?:take|bring|give|send) (?!me |us |you )(?:\w+ ){{1,3}}back(?! to| there)\b", Mood.UNDONE),
    (r".*\b(?:money|coins) back\b|.*\brefund\b", Mood.UNDONE),
    # Questions.
    (rf"(?:do you know |{YOU}|i wonder |i am wondering |(?:i|we) (?:want|would like|need) to know )?(?:please "
     rf")?(?:(?:tell|show|give|know|explain)(?: me| us| to me)? )?(?:please )?{_HOW_TO_GET}(?!.*\b(?:buy|purchase|"
     rf"sell|get (?:a|an|some|"
     r"one|the|my)|did|was|were)\b)", Mood.WHERE),
    (rf"{_TO_DO}{_TELL} {QUESTION_WORD}\b|i (?:wonder|am wondering|was wondering|am curious) ", Mood.ASKED),
    (rf"(?:do|would) you (?:think you c|mind |be (?:able|willing|so) )|{YOU}be (?:able|so|willing|kind)", Mood.ORDER),
    (r"(?:can|could|will|would|do|did|have) (?:not )?you (?:ever |still |also |happen to )?(?:remember|recall|know|"
     r"believe|imagine|think|like|want|afford|guess|prefer|recommend|really|say|buy (?:it|this|that|one) if)\b",
     Mood.ASKED),
    (YOU, Mood.ORDER),
    (rf"(?:can|could|may|might) (?:i|we) {_ADVERB}(?:have|get|buy|take|purchase|grab|order|go|see|come|ask you|"
     rf"trouble|"
     r"bother|reach|visit|head|borrow|try|pick|be (?:taken|led|brought))\b|(?:can|could|shall|should) we ", Mood.ORDER),
    (r"do (?!i\b|you\b|we\b|they\b|he\b|she\b|it (?:cost|look|work|fit)|these|those|people|the |my |your )", None),
    (r"have (?:a|an|the|me|us|some|two|three) ", None),
    (r"let (?:me|us) (?:think|see|check|look|consider|sleep on)\b|(?:if|unless|whenever|in case|as soon as|once (?:i|"
     r"we|the)|suppose|provided)\b", Mood.DOUBTFUL),
    (r"(?:do|does|did|is|are|am|was|were|has|have|had|will|would|should|shall|must|can|could|may|might|ought|need i)\b",
     Mood.ASKED),
    (rf"when (?:i|we|he|she|they|you|my|our|the|it)\b.*{PAST.pattern}", Mood.REPORTED),
    (r"when (?:i|we|he|she|they|you|my|our|the|it)\b", Mood.DOUBTFUL),
    (r"(?:what|who|whom|whose|why|how|which|where|when)\b", Mood.ASKED),
    # Perhaps.
    (r"(?:maybe|perhaps|possibly|some ?day|one day)\b", Mood.DOUBTFUL),
    (rf"(?:i|we) {_ADVERB}(?:(?:might|may|can|should|ought|could)(?! {_ADVERB}(?:use|do with|go for))\b|would "
     rf"(?:{_GOODS})\b|wish (?:i|we) |can not wait|could not|(?:am|are|was|were) {_ADVERB}(?:thinking|considering|"
     rf"planning|not sure|unsure|"
     r"dreaming|tempted|about to|saving)|plan|dream|consider|hope|intend|promised?)\b|(?:my|our) (?:plan|dream|idea) ",
     Mood.DOUBTFUL),
    # Wishes.
    (rf"(?:i|we) {_ADVERB}(?:want|need|would {_ADVERB}(?:like|love|prefer)) (?:(?:him|her|them|(?:my|our|his|her|"
     rf"their|the) \w+)|(?!you|to|some|direction|thing|any|every|noth|up|help|time)\w+) to (?:{_GOODS}|{DEED}|be|"
     rf"know|do)\b", Mood.REPORTED),
    (rf"(?:i|we) {_ADVERB}(?:want|need|would {_ADVERB}(?:like|love)|would be curious) to (?:know|ask|find out|see if|"
     rf"see how|"
     r"understand|learn|hear)\b", Mood.ASKED),
    (rf"(?:i|we) {_ADVERB}(?:want|need|would {_ADVERB}(?:like|love|prefer|go for|have)|will|shall|(?:am|are) "
     rf"{_ADVERB}(?:going "
     r"to|looking for|off to|after|here (?:to|for)|in (?:need|the mood)|ready|dying|keen|lost|supposed|hungry|trying "
     r"to)|"
     rf"have (?:got )?to|got to|must|could {_ADVERB}(?:use|do with|go for)|feel like|fancy|require|desire|request|"
     rf"long for)\b",
     Mood.ORDER),
    (r"(?:i|we) (?!.*\b(?:always|usually|often|sometimes|every|never|rarely|each|seldom|normally|once|yesterday|"
     r"twice)\b)(?:buy|take|choose|pick|order)\b", Mood.ORDER),
    (r"you (?:can|may|could|should|must|have to|need to|will|are going to|ought to) .*\b(?:me|us)\b", Mood.ORDER),
    (r"(?:i|we|you)\b", Mood.REPORTED),
    (r".*\b(?:would be (?:\w+ )?(?:great|nice|lovely|good|fine|perfect|wonderful|cool|enough)|will do|would do|is "
     r"what (?:i|we))\b|(?:that|this|it|those) (?:one|please|for)\b", Mood.ORDER),
    (rf"(?:he|she|they|everyone|everybody|people|nobody|no one|some(?:one|body)(?! (?:please )?(?:{DEED})\b)) \w",
     Mood.REPORTED),
    (rf"{_SOMEBODY} (?:\w+ ){{0,2}}?(?:{_FINITE})\b", Mood.REPORTED),
    (rf"(?!(?:{DEED}|please|send|teach|be)\b)(?!by (?:a|the|me|two)\b)(?:(?!that\b|which\b|who\b|for\b|i\b|we\b|"
     rf"you\b|please\b)\w+ ){{1,5}}?(?:{_FINITE})\b", Mood.REPORTED),
    (rf"(?:{DEED}|please)\b|.*\bplease\b", Mood.ORDER),
    (rf"(?:yesterday|last (?:week|month|year|night|time))\b|.*\b(?:i|we|you) (?:\w+ )?{PAST.pattern}", Mood.REPORTED),
)  # fmt: skip
COMPILED = [(re.compile(pattern), mood) for pattern, mood in _RULES]
"""The mood of a clause, by the first pattern that its beginning fits; None for one that has no mood of its own."""
RETRACTED = re.compile(
    r"(?:(?:no|nope|wait|oh|actually|sorry|please) )*(?:no|nope|do not|never mind|forget (?:it|that)|cancel(?: "
    r"(?:that|it))?|scratch that|on second thoughts?|better not|rather not|i (?:have )?changed my mind|leave it|not|"
    r"do not do (?:it|that)|i do not want (?:it|that)|i would rather not)(?: (?:please|thanks|thank you|wait|after "
    r"all|any ?more|now))*$"
)
"""A whole clause that takes back what was said before."""
SAYS = re.compile(
    r"\b(?:goes|went like|(?:is|am|was|were) like|said|says|told|asked|tells|asks|thinks|claims|believes|wrote|orders|"
    r"ordered)\b"
)
"""Verbs after which somebody's words follow."""
CUT = re.compile(
    rf"(?<!\d)[,.](?=\s|$)|(?<=\d)[,.](?=\s|$)|[;:!?…]+|\s[-–—]+\s|\s(?=but\b|instead of\b|rather than\b|without "
    rf"\w+ing\b|because\b|(?:and|so|or|then)\s+(?:then\s+|please\s+|also\s+|just\s+)*(?:i|we|you|he|she|they|do|"
    rf"don['’]t|never|can|could|would|please|{DEED})\b)|(?<!\bi)(?<!\bto)(?<!\bso)(?<!\bwe)(?<!\bor)(?<!\byou)"
    rf"(?<!\bnot)(?<!\bwhy)(?<!\band)"
    r"(?<!\bthey)(?<!\bjust)(?<!\balso)(?<!\bthen)(?<!please)\s(?=(?:do not|don['’]t) (?:buy|get|take|set|go|bring|"
    r"start|purchase|want)\b)",
    re.IGNORECASE,
)
"""Where a clause ends, in a text as it was said."""
SECOND_ORDER = re.compile(
    r"(?<!\bto)(?<!\bor)(?<!\bnot)(?<!n['’]t)(?<!\bdont)(?<!\band)(?<!ever)(?<!\bgo)(?<!\byou)(?<!please)"
    r"(?<!just)\s(?=(?:just )?(?:buy|purchase|take me|get me|set)\b)",
    re.IGNORECASE,
)
"""Where an order follows a clause that forbids something, with nothing between them."""
OPEN = re.compile(
    r"\b(?:a|an|the|my|your|our|their|of|for|with|at|into|about|and|or|but|because|than|very|(?<!is )(?<!am )(?<!are "
    r")(?<!was )(?<!come )(?<!put )(?<!were )in|(?<!came )(?<!come )"
    r"(?<!started )from|to|called)[\s,.…-]*$", re.IGNORECASE,
)  # fmt: skip
"""The end of a sentence that was not finished, in a text as it was said."""
VAGUE = frozenset(
    ("something", "anything", "this", "that", "it", "for", "me", "us", "later", "please", "a", "thing", "now")
)
"""Words that are no fact by themselves."""
_SMALL = (
    "zero one two three four five six seven eight nine ten eleven twelve it that this a an the i you he she we they "
    "me him is are am was be of in on at to for and or but so if as by my your his her its oh uh um er ah hm hmm huh "
    "mm eh yes yeah yep okay ok what who why how with from there here then than do does did has had well too very "
    "nought nil again right left nothing sorry thirteen fourteen fifteen sixteen seventeen "
    "eighteen nineteen twenty thirty forty fifty sixty seventy eighty ninety hundred thousand point"
)
STRAY = frozenset(_SMALL.split())
"""Words that name no deed where they stand alone."""
