"""The mood of Chinese sentences, clause by clause, by words and their order."""

from __future__ import annotations

import re

from models.language.mood import Mood, Told

ANSWERS = {
    Mood.NEGATED: "好的，我不会的。",
    Mood.REPORTED: "我知道了。",
    Mood.DOUBTFUL: "你确定要的时候再告诉我吧。",
    Mood.ASKED: "这个我答不上来。",
    Mood.WHERE: "这个我答不上来。",
    Mood.UNDONE: "这个我在这里办不到。",
    Mood.REMIND: "这个我没办法提醒你。",
    Mood.REMEMBER: "这个我记不住。",
    Mood.STRAY: "不好意思，我没听清你要什么。",
}
"""What is said where a deed was named and, for its mood, not done."""

_LEAD = re.compile(
    r"(?:嗯|呃|啊|哦|喂|嘿|好的?|那么?|请问?|麻烦你?|不好意思|对不起|谢谢|就|然后|但是|不过|可是|所以|先)+[\s，,]*"
)
_REMEMBER = re.compile(
    r"(?:请|麻烦|你)*(?:帮我|给我|替我)?(?:要)?(?:记住|记得|记一下|记下来?|记着|(?:别|不要)忘(?:了|记)?|"
    r"备忘)[一下：:，,\s]*"
)
_REMIND = re.compile(r"(?:请|麻烦|你)*(?:.{0,8}后)?提醒(?:我|一下我)[，,：:\s]*")
_RULES: tuple[tuple[str, Mood | None], ...] = (
    (r"(?:能不能|可不可以|可否|能否|要不要一起|行不行)(?:请)?(?:帮我|给我|带我|陪我|替我|你|让我|再|买|把|给)|不如|"
     r"要不(?:咱们|我们|就|买|去|来)", Mood.ORDER),
    (r"(?:干嘛|干吗|为什么|怎么|何)不(?:帮|给|带|买|去)", Mood.ORDER),
    (r"^(?:别|不要)(?:说|讲|吵|出声|再说)|^(?:闭嘴|安静|停)|^算了", Mood.ORDER),
    (r"(?:别|不要|不想|不能|不会).{0,4}花?.{0,3}超过", Mood.ORDER),  # a budget
    (r"别忘了?(?:设|定|带我|叫)", Mood.ORDER),
    (r"^(?:别|不要)忘(?:了|记)?[。！!.]*$|别的|不错|不客气|不见不散|差不多", None),
    (r"(?:^|我|你|您|咱们?|我们|请|千万|绝对|可|先)(?:都|也|再|就|才|还|真的|暂时|现在|今天)*(?:别|不买|不去|不设|"
     r"不要|不用|不想|不必|不需要|甭|不许|不准|不能|不打算|不愿|不会|不可以|不该|不应该)(?!的话)(?!吗)|^不(?:买|去|"
     r"是)|永远不|绝不|没必要|不要买|别买|别去|别设", Mood.NEGATED),
    (r"(?:该不该|要不要|也许|可能|说不定|或许|考虑|犹豫).*卖", Mood.DOUBTFUL),
    (r"(?:昨天|前天|上周|上个月|刚才|刚刚|已经|以前|曾经).*卖|^(?:我|我们|他|她|他们|她们)(?:已经)?(?:把.*)?卖(?:掉)?了|"
     r"^(?!请|帮|给|替|麻烦|你|您|我)[\u3400-\u9fff]{2,3}把.*卖", Mood.REPORTED),
    (r"^(?!.*(?:能|可以|好吗|行吗|帮我|替我)).*卖(?:掉|了).*(?:吗|没有)[？?]?$", Mood.ASKED),
    (r"(?:卖掉|卖了|把.*(?:卖|退|还)(?:了|掉|回)?|退货|退款|退掉|退还|取消|撤销|关掉|删除|删掉|想卖|要卖|扔掉)",
     Mood.UNDONE),
    (r"^(?:如果|要是|假如|万一|除非|等.*(?:再|就)|一旦)", Mood.DOUBTFUL),
    (r"也许|可能|说不定|或许|考虑|犹豫|打算|有空(?:再|就)|以后|将来|明天|后天|下周|下个月|要是.*就好了|该不该",
     Mood.DOUBTFUL),
    (r"在哪|哪里是|怎么(?:走|去|到)|往哪|去.*怎么走|哪条路", Mood.WHERE),
    (r"(?:可以|能|可不可以|能不能|行)(?:请你|麻烦你)?(?:帮|给|带|陪|替|卖给?)我|(?:帮|给|带|陪|替)我.*(?:好吗|行吗|可以吗|"
     r"好不好|行不行|吧)", Mood.ORDER),
    (r"我(?:可以|能)(?:要|来|买|拿|去)", Mood.ORDER),
    (r"(?:多少|几个|几块|几点|谁|什么时候|为什么|为何|怎么|什么|哪|是不是|有没有|买没买|是否|该不该|值不值|贵不贵|"
     r"会不会|要不要)", Mood.ASKED),
    (r"(?:吗|么|呢)[？?\s]*$|[？?]\s*$", Mood.ASKED),
    (r"^(?:他|她|它|他们|她们|大家|别人|有人|人家|我(?:的)?(?:妈妈?|爸爸?|妹妹|姐姐|哥哥|弟弟|朋友|儿子|女儿|老师|"
     r"同学|孩子))(?!.*帮我)(?!.*给我)", Mood.REPORTED),
    (r"^(?:我|我们|咱们)(?:家里?)?有|昨天|前天|上周|上个月|去年|刚才|刚刚|以前|曾经|已经|(?:买|去|拿|设|看|走|定|付|"
     r"花)(?:过|了(?!吧|算))|常常|经常|每天|每次|总是|一直", Mood.REPORTED),
    (r"^(?:请|帮|给|替|带|陪|领|送|来|买|去|我们?(?:想|要|需要|得|就要)|咱们?|设|定|开始|叫|让|再|把|到|拿|走|停|"
     r"倒计时|计时|一|两|三)", Mood.ORDER),
    (r"^(?!你|我|请|咱|这|那)[\u3400-\u9fff]{2,3}(?:说|想|要|买|去|叫|让)", Mood.REPORTED),
)  # fmt: skip
_COMPILED = [(re.compile(pattern), mood) for pattern, mood in _RULES]
_CUT = re.compile(r"[，。！？；,.!?;、]|(?<!别)(?=但是|而是|还是)")
_SENTENCE = re.compile(r"(?<=[。！？.!?])")
_STRAY = re.compile(r"[零〇一二三四五六七八九十百两它他她这那我你的了吗呢吧啊哦嗯呃是在有和\d\s，。！？,.!?]+")
_OPEN = re.compile(
    r"(?:和|跟|与|或|把|被|给|在|从|对|的|想|要|能|因为|所以|如果|但是|然后|这个|那个|就是|一个|住在)[，。,.…\s]*$"
)


def mood(text: str) -> Told:
    """What Chinese `text` does with the deed that it names, and the words that count."""
    text = text.strip()
    if _STRAY.fullmatch(text):
        return Told(Mood.STRAY, text)
    told = _kept(text) or _resolve(text)
    broken = told.mood in (Mood.ORDER, Mood.REMEMBER) and _OPEN.search(told.part)
    return Told(Mood.BROKEN_OFF, text) if broken else told


def _kept(text: str) -> Told | None:
    """What is to be remembered, where a sentence begins with such a wish."""
    for sentence in filter(None, _SENTENCE.split(text)):
        words = _strip(sentence.strip())
        if re.search(
            r"^(?:请|你)?(?:记得|别忘了?)(?:设|定|带我|叫我)|^(?:你|我)?(?:还)?记得.*吗|^我(?:不)?记得", words
        ):
            continue
        for pattern, kind in ((_REMIND, Mood.REMIND), (_REMEMBER, Mood.REMEMBER)):
            if found := pattern.match(words):
                fact = words[found.end() :].rstrip("。！？.!? ")
                return Told(kind, f"我要{fact}" if re.match(r"买|去|拿|带", fact) else fact)
    return None


def _resolve(text: str) -> Told:
    """The mood of an utterance from those of its clauses."""
    clauses = [(clause, mood) for clause, mood in _clauses(text)]
    moods = [mood for _, mood in clauses]
    for mood in (Mood.DOUBTFUL,):
        if mood in moods and Mood.ORDER in moods:
            return Told(mood, text)
    if Mood.ORDER in moods:
        if re.search(r"(?:算了|不要了|不用了|别买了|不买了|取消)[。！!吧\s]*$", text):
            return Told(Mood.NEGATED, text)
        left = [clause for clause, mood in clauses if mood is not Mood.NEGATED]
        return Told(Mood.ORDER, text if len(left) == len(clauses) else "，".join(left))
    ranked = (Mood.UNDONE, Mood.WHERE, Mood.NEGATED, Mood.DOUBTFUL, Mood.ASKED, Mood.REPORTED)
    return Told(next((mood for mood in ranked if mood in moods), Mood.ORDER), text)


def _clauses(text: str) -> list[tuple[str, Mood | None]]:
    """The clauses with their moods; a question mark belongs to the clause before it."""
    found: list[tuple[str, Mood | None]] = []
    start = 0
    for end in [*(mark.end() for mark in _CUT.finditer(text)), len(text)]:
        said, start = text[start:end], end
        words = _strip(said.strip())
        if re.search(r"[\w]", words):
            found.append((said.strip(" ，。,."), _classify(words)))
    return found


def _classify(words: str) -> Mood | None:
    """The mood of one clause; None for one that has none of its own, such as a name."""
    return next((mood for pattern, mood in _COMPILED if pattern.search(words)), None)


def _strip(words: str) -> str:
    """Words without fillers, greetings and courtesies."""
    found = _LEAD.match(words)
    return words[found.end() :] if found and words[found.end() :].strip("。！？.!? ") else words
