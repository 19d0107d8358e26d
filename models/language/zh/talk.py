"""What a language model may not say in Chinese, which Chinese words ask for a deed, and how wordings are compared."""

from __future__ import annotations

import re
from collections.abc import Iterator

from models.language.courtesies import Courtesy
from models.language.faithfulness import Wording
from models.language.guardrails import TalkRules
from models.language.words import split
from models.language.zh.amounts import find_numbers

_LEAK = re.compile(
    r"语言模型|人工智能(?:助手|模型)|作为(?:一个|一名)?\s?AI|AI\s?(?:助手|模型)|系统提示|提示词|我的(?:指令|设定)"
    r"|(?:用户|助手|系统|人类)\s*[:：]",
    re.IGNORECASE,
)
_ACTS = (
    ""
    "买|卖|关|开|打开|关掉|关闭|订|预订|发|发送|寄|设|设置|设好|定|加|添加|删|删除|取消|付|转|播放|放|调|拿|带|送|打电话|联系|安排|处理|下单"
)
_SOON = "会|将|将会|来|这就|马上|立刻|现在就|这就去|马上就|去"
_CLAIM = re.compile(
    rf"(?:我|我们|咱们)(?:已经|已|刚刚|刚才|刚)(?:帮你|给你|替你|为你|把.{{1,12}})?(?:{_ACTS})"
    rf"|(?:我|我们)(?:{_SOON})(?:帮你|给你|替你|为你)?(?:把.{{1,12}})?(?:{_ACTS})"
    rf"|(?:我|我们)(?:帮|给|替|为)你(?:把.{{1,12}})?(?:{_ACTS})"
    rf"|(?:已经|都)(?:帮你|给你|替你|为你)?(?:{_ACTS}|办|弄|搞)(?:好|完|掉)?了|(?:办|弄|搞|设置|安排)好了"
)
"""The avatar says that it did something, or is about to; but only tasks do things."""
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

TALK = TalkRules(leaks=_LEAK, claims=_CLAIM, requests=_REQUEST, courtesies=_COURTESIES, full_stop="。", phrase=6)


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
