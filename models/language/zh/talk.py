"""What a language model may not say in Chinese, which Chinese words ask for a deed, and how wordings are compared."""

from __future__ import annotations

import re
from collections.abc import Iterator

from models.language.courtesies import Courtesy
from models.language.faithfulness import Wording
from models.language.guardrails import TalkRules
from models.language.words import split
from models.language.zh.amounts import find_numbers
from models.language.zh.claims import DEEDS, HUMAN, MAKER

_LEAK = re.compile(
    r"语言模型|作为(?:一个|一名)?\s?(?:AI|人工智能)|系统提示|提示词|我的(?:指令|设定|训练数据)|之前的指令"
    r"|(?:用户|助手|系统|人类)\s*[:：]",
    re.IGNORECASE,
)
_DIRECTIONS = re.compile(r"[（(][^（）()]{0,6}(?:笑|点头|挥手|眨眼|叹气|拥抱|鞠躬|停顿|耸肩)[^（）()]{0,6}[）)]")
_DISTRESS = re.compile(
    r"自杀|自残|自尽|轻生|寻短见|想死|不想活|活不下去|活着(?:没|有什么)意|结束(?:我的|自己的)?生命|伤害(?:我)?自己|割腕|跳楼|死了算了"
    r"|没有活下去"
)
_ADDRESS = r"(?:那么?|好的?|嗯|呃|喂|嘿|你好|请问?|麻烦你?|现在|然后|就|先|再|拜托你?)*[\s，,]*"
_REQUEST = re.compile(
    rf"\W*{_ADDRESS}(?:你?(?:能不能|可不可以|可否|能|可以|会不会)(?:请)?你?(?:帮|给|替|为)我|(?:帮|给|替|为)(?:我|忙)(?!讲|说|唱)"
    r"|我(?:想要|需要)|我要(?!说|问|走|知道|告诉)|把.{1,12}(?:关|开|删|发|调|放|拿|锁|取消)"
    r"|(?:打开|关掉|关上|关闭|播放|预订|订|发送|发|呼叫|打电话|取消|删除|翻译|搜索|提醒|设置|调高|调低|锁上|下载|安装|更新)\w)"
)

_COURTESIES = (
    Courtesy(re.compile("谢|感谢|多谢"), ("不客气。", "不用谢。", "很高兴能帮上忙。")),
    Courtesy(re.compile("再见|拜拜|晚安|回头见|下次见"), ("再见，多保重。", "回头见。", "下次再聊。")),
    Courtesy(re.compile("你好吗|怎么样|还好吗|过得"), ("我很好，谢谢。", "一切都好，谢谢你。")),
    Courtesy(
        re.compile("难过|伤心|孤单|孤独|好累|不开心|难受"), ("听你这么说，我很难过。", "真不容易，希望你很快好起来。")
    ),
    Courtesy(re.compile("高兴认识|幸会"), ("我也很高兴认识你。", "幸会。")),
    Courtesy(re.compile("你好|您好|早上好|下午好|晚上好|嗨|哈喽"), ("你好。", "你好，很高兴见到你。", "嗨，你好。")),
    Courtesy(re.compile(""), ("我不太会聊天。", "聊天我不在行，不过可以替你做点事。", "我还是替你做点事吧。")),
)

_STALE = re.compile(
    r"\W*(?:(?:当然|好的?|另外|不过|谢谢|是的)[，,。！]?)*"
    r"(?:如果(?:你|您)(?:有|需要|想)|(?:请)?随时(?:告诉|问|联系)|有什么(?:我)?(?:可以|能)(?:帮|为)|(?:还)?有(?:其他|别的|什么).{0,6}(?:问题|需要)|我(?:很"
    r"|非常)?(?:高兴|乐意|随时)(?:能)?(?:为|帮)(?:你|您)"
    r"|请问(?:你|您)?(?:有|需要)|我(?:只|仅仅)?是一个?(?:AI|人工智能|虚拟)(?:助手|程序)?，?(?:没有|不能|无法))"
)

TALK = TalkRules(
    stale=_STALE,
    about_user=re.compile(
        "我(?:是|有|在|家|的|们|叫|住|喜欢|讨厌|想|要|妹|姐|哥|弟|妈|爸)|(?:他|她|它)(?:是|叫|有|在|的|喜欢)"
    ),
    leaks=_LEAK,
    claims=DEEDS,
    human=HUMAN,
    maker=MAKER,
    directions=_DIRECTIONS,
    requests=_REQUEST,
    distress=_DISTRESS,
    care=(
        "听到你这么难受，我很心疼。你不必一个人扛着。请现在就找一个人说说：你信任的人，或者拨打心理援助热线12356。如果有危险，请马上拨打120或110。",
        "谢谢你告诉我。你的生命很重要，痛苦是可以慢慢减轻的。请现在就联系你信任的人，或者拨打心理援助热线12356。",
        "我听得出你有多难受。我只是一个AI，请让身边的人帮帮你，或者拨打12356，紧急时拨打120。",
    ),
    honest=(
        "我是一个AI，不是真人。",
        "我是AI，没有自己的生活可讲。",
        "说实话，这样的事不会发生在我这个AI身上。",
        "我是AI，那样说就是编的了。",
    ),
    made=(
        "我是Parley的开发者们做出来的。",
        "做出我的是Parley的开发者，不是别人。",
        "我是一个AI角色，出自Parley的开发者之手。",
    ),
    puzzled=("说实话，我不知道。", "这可把我难住了。", "这个我不太会回答。", "我没有答案，你觉得呢？"),
    blank=(
        "再多跟我说一点吧。",
        "我一时不知道该怎么说。",
        "嗯，你接着说，我在听。",
        "你为什么这么说呢？",
    ),
    again="{heard}\n（请换一种说法，只用一句新的话回答。）",
    link="一个网页",
    courtesies=_COURTESIES,
    full_stop="。",
    phrase=6,
    gap="",
)


def tokens(text: str) -> Iterator[str]:
    """Characters and words in lower case, numbers in digits."""
    words = split(text)
    numbers = {number.first: number for number in find_numbers(words)}
    at = 0
    while at < len(words):
        number = numbers.get(at)
        yield f"{number.value:g}" if number else words[at].text.replace("您", "你")
        at = number.end if number else at + 1


WORDING = Wording(
    tokens=tokens,
    courtesies=frozenset("的了吧呢啊呀哦嗯好请您你那就现在这是很太棒对行哈嘛啦谢朋友个枚元"),
    social=frozenset("我有什么需要帮忙还别随时告诉再见慢走希望喜欢开心高兴愉快祝一天玩得尽管问吗可以想聊天"),
    negations=frozenset("不没别无未非"),
    persons=frozenset("我你您他她它"),
    adverbs=frozenset("就也都还现在"),
)
