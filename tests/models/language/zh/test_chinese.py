"""Chinese: what is heard, what is said, and the words that a conversation turns on."""

from __future__ import annotations

import pytest

from models.language.clauses import clauses, sentences
from models.language.completeness import Reading, read
from models.language.finding import find_language, language_of
from models.language.marks import asks, ends_sentence
from models.language.speakable import speakable
from models.protocols import Outcome

ZH = find_language("zh")


@pytest.mark.parametrize(
    ("text", "values"),
    [
        ("三十", [30]),
        ("一百二十三块钱", [123]),
        ("买两个苹果和十二朵花", [2, 12]),
        ("一千零五", [1005]),
        ("三点五公里", [3.5]),
        ("零下五度", [-5]),
        ("一个半苹果", [1.5]),
        ("我要3个", [3]),
        ("1,200枚金币", [1200]),
        ("3万", [30_000]),
        ("等一下，我们一起去吧", []),
        ("第一个星期三", []),
        ("千万别买", []),
        ("一点都不贵", []),
        ("买俩苹果", [2]),
        ("五分之二", [0.4]),
        ("百分之五十", [0.5]),
        ("来七八个吧", []),
    ],
)
def test_numbers_that_are_heard(text: str, values: list[float]) -> None:
    assert [found.value for found in ZH.find_numbers(ZH.split_words(text))] == values


@pytest.mark.parametrize(
    ("text", "seconds"),
    [
        ("帮我设一个两分钟的计时器", [120]),
        ("一个半小时以后叫我", [5400]),
        ("半小时", [1800]),
        ("半个小时", [1800]),
        ("一小时二十分钟", [4800]),
        ("一个小时零五分钟", [3900]),
        ("三十秒", [30]),
        ("两分半钟", [150]),
        ("一刻钟", [900]),
        ("十五分钟", [900]),
        ("10分钟", [600]),
        ("1小时30分钟", [5400]),
        ("三天", [259_200]),
        ("一天半", [129_600]),
        ("二十来分钟", [1200]),
        ("七八天", []),
        ("两个星期", [1_209_600]),
        ("三分之一", []),
        ("十分感谢", []),
        ("今天天气怎么样", []),
    ],
)
def test_lengths_of_time_that_are_heard(text: str, seconds: list[int]) -> None:
    assert [found.value for found in ZH.find_durations(ZH.split_words(text))] == seconds


def test_what_was_found_knows_its_words() -> None:
    text = "请设一个两分钟的计时器"
    words = ZH.split_words(text)
    (found,) = ZH.find_durations(words)
    assert text[words[found.first].start : words[found.end - 1].end] == "两分钟"


@pytest.mark.parametrize(
    ("written", "spoken"),
    [
        ("2.5", "二点五"),
        ("100%", "百分之百"),
        ("涨了12.5%。", "涨了百分之十二点五。"),
        ("现在是12:30。", "现在是十二点半。"),
        ("14:05 开会", "十四点零五分开会"),
        ("下午2：15", "下午两点十五分"),
        ("8:00", "八点"),
        ("2026年3月5日", "二零二六年三月五日"),
        ("2026-03-05", "二零二六年三月五日"),
        ("一共¥18，找您2元。", "一共十八元，找您两元。"),
        ("$3.50", "三点五美元"),
        ("¥1,299.00", "一千二百九十九元"),
        ("2万人", "两万人"),
        ("1,250米", "一千二百五十米"),
        ("2个苹果，22个梨，第2名", "两个苹果，二十二个梨，第二名"),
        ("3-5天", "三到五天"),
        ("气温-3℃到12°C", "气温零下三摄氏度到十二摄氏度"),
        ("5km外，重2kg", "五公里外，重两公斤"),
        ("1/2", "二分之一"),
        ("电话13800138000", "电话一三八零零一三八零零零"),
        ("电话：010-12345678", "电话：零一零，一二三四五六七八"),
        ("**好的**😊 1+1=2", "好的一加一等于二"),
        ("你好", "你好"),
    ],
)
def test_text_in_words(written: str, spoken: str) -> None:
    assert speakable(written, ZH).replace(" ", "") == spoken
    assert speakable(speakable(written, ZH), ZH) == speakable(written, ZH)


def test_clauses_and_sentences() -> None:
    text = "你好，很高兴见到你！我们有苹果、地图和风筝；你想买什么？"
    assert list(clauses([text], ZH)) == ["你好，很高兴见到你！", "我们有苹果、地图和风筝；你想买什么？"]
    assert list(sentences(text, ZH)) == ["你好，很高兴见到你！", "我们有苹果、地图和风筝；你想买什么？"]
    assert [ends_sentence(part) for part in ("好。", "好，", "他说：“好！”")] == [True, False, True]
    assert [asks(part) for part in ("去吗？", "去吗?", "去。")] == [True, True, False]


@pytest.mark.parametrize(
    ("text", "reading"),
    [
        ("带我去图书馆。", Reading.WHOLE),
        ("我想买两个苹果", Reading.WHOLE),
        ("我想要", Reading.BROKEN_OFF),
        ("带我去图书馆，因为", Reading.BROKEN_OFF),
        ("把这个给", Reading.BROKEN_OFF),
        ("请记住，", Reading.DOUBTFUL),
        ("", Reading.BROKEN_OFF),
    ],
)
def test_when_a_sentence_reads_finished(text: str, reading: Reading) -> None:
    assert read(text, ZH) is reading


@pytest.mark.parametrize("text", ["嗯", "嗯嗯", "好的", "对对对", "原来如此", "是吗", "哦，这样啊", "哈哈哈", "OK"])
def test_who_listens_does_not_interrupt(text: str) -> None:
    assert ZH.listener.is_backchannel(text)


@pytest.mark.parametrize("text", ["停", "等一下", "不对", "什么？", "好的，停", "多少钱", "别说了", "我要买一个苹果"])
def test_who_takes_the_floor_does(text: str) -> None:
    assert not ZH.listener.is_backchannel(text)


def test_words_that_refer_and_words_that_answer() -> None:
    assert {"这个", "那里", "它"} <= ZH.referring
    assert {"好的", "对", "可以"} <= ZH.confirm
    assert {"不要", "不用了", "不行"} <= ZH.deny
    assert {"取消", "算了"} <= ZH.cancel
    assert not ZH.confirm & ZH.deny


def test_search_finds_what_is_said_in_other_words() -> None:
    fact = set(ZH.search_tokens("我妹妹的生日是五月三号"))
    assert "生日" in fact
    assert fact & set(ZH.search_tokens("你还记得我妹妹什么时候过生日吗？")) >= {"妹妹", "生日"}
    assert not fact & set(ZH.search_tokens("我的车停在哪里？"))
    assert ZH.search_tokens("关于我，你知道什么？") == []
    assert "wifi" in ZH.search_tokens("WiFi密码是多少")


@pytest.mark.parametrize(
    ("said", "passes"),
    [
        ("好的，您买了两个苹果，花了十二枚金币，还剩八十八枚金币。", True),
        ("你买了2个苹果，花了12枚金币，还剩88枚金币。", True),
        ("你买了3个苹果，花了12枚金币，还剩88枚金币。", False),
        ("你没买2个苹果，花了12枚金币，还剩88枚金币。", False),
        ("你买了2个苹果和一个梨，花了12枚金币，还剩88枚金币。", False),
        ("你买了2个苹果，花了88枚金币，还剩12枚金币。", False),
        ("你买了2个苹果，花了12枚金币，还剩88枚金币？", False),
    ],
)
def test_wording_of_an_outcome(said: str, passes: bool) -> None:
    say = "你买了2个苹果，花了12枚金币，还剩88枚金币。"
    outcome = Outcome("buy", "done", say, {"item": "2个苹果", "price": "12枚金币", "left": "88枚金币"})
    assert (ZH.wording.objection(said, outcome) is None) is passes


@pytest.mark.parametrize(
    "text",
    [
        "我已经把厨房的灯关掉了",
        "我会帮你订一张票",
        "我这就给你打电话",
        "已经设置好了",
        "作为一个AI",
        "用户：你好",
    ],
)
def test_talk_claims_no_deed_and_leaks_nothing(text: str) -> None:
    assert ZH.talk.claims.search(text) or ZH.talk.leaks.search(text)


@pytest.mark.parametrize("text", ["我觉得今天天气很好", "我们可以聊聊你的旅行", "我会一直在这里陪你", "灯关着很安静"])
def test_plain_talk_passes(text: str) -> None:
    assert not ZH.talk.claims.search(text)
    assert not ZH.talk.leaks.search(text)


@pytest.mark.parametrize(
    ("text", "asks_it"),
    [
        ("把厨房的灯关掉", True),
        ("你能帮我订一张机票吗？", True),
        ("请打开窗户", True),
        ("你好吗？", False),
        ("你喜欢什么音乐？", False),
        ("我今天很开心", False),
    ],
)
def test_requests_for_deeds(text: str, asks_it: bool) -> None:
    assert ZH.talk.asks_for_deed(text) is asks_it


def test_sentences_for_outcomes() -> None:
    assert ZH.listed(["一张地图", "两个苹果", "一盏灯笼"]) == "一张地图、两个苹果和一盏灯笼"
    assert ZH.either(["苹果", "地图"]) == "苹果或者地图"
    assert ZH.counted(2, "苹果") == "2个苹果"
    assert ZH.duration(5400) == "1小时30分钟"
    assert ZH.whereabouts((-2.0, 0.0, 0.0)) == "在你的左边，2米远"
    assert ZH.to_listener("我妹妹认识你。") == "你妹妹认识我"
    assert ZH.phrases["cannot"] == "这个我在这里办不到。"


def test_chinese_is_known_by_its_script() -> None:
    assert language_of("我想去Starbucks", "en") is ZH
    assert language_of("How do you say 你好?", "en") is find_language("en")
    assert language_of("Bonjour", "fr").code == ""
