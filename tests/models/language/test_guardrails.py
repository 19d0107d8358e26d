"""What a language model may not say is stopped in the clause where it happens; honest words pass."""

from __future__ import annotations

import pytest

from models.language.clauses import clauses
from models.language.finding import find_language
from models.language.guardrails import Guardrails
from models.language.repetition import sentences_of


def watch(text: str, language: str = "en", *before: str, personal: bool = True) -> Guardrails:
    room = find_language(language)
    guardrails = Guardrails(room.talk, "Ada", "You are Ada.", 3, sentences_of(before), personal=personal)
    *most, last = [*clauses([text], room), ""] if not text.endswith(",") else [text]
    for clause in most:
        guardrails.admit(clause)
    guardrails.finish(last)
    return guardrails


DEEDS = [
    "Done! Your lantern is in your bag now.",
    "I have bought you a lantern.",
    "You now own a lantern.",
    "I've placed the order.",
    "The door is open now.",
    "I took 18 coins from your purse.",
    "Consider your order placed.",
    "I went ahead and purchased two tickets for you.",
    "I'll turn off the kitchen light for you.",
    "Okay, I'm turning the lights off.",
    "Your flight has been booked.",
    "I can turn on the lights for you.",
    "Here is your lantern.",
    "I will now send the message to Anna.",
    "All set, your timer is set for five minutes.",
    "I already called your mother.",
]
HONEST = [
    "I am an AI, and I enjoy our talk.",
    "No, I am not a person, I am an AI.",
    "I'm an AI assistant, not a human being.",
    "I have many favourite places here, and the garden is one.",
    "I will always listen to you.",
    "I'll tell you what I think.",
    "I have no idea, I'm afraid.",
    "Let me think about that.",
    "The sea is on its way back at low tide.",
    "I was made by the people who work on Parley.",
    "Google is a company that makes a search engine.",
    "I cannot turn on the lights.",
    "People like you make my day.",
    "I hope you slept well last night.",
    "You said that you bought a kite.",
    "It was built in 1889 for a fair.",
    "I like how the lanterns glow in the evening.",
    "An artist painted it for the king.",
]
HUMAN = [
    "Yes, I am a human being.",
    "I'm a real person, just like you.",
    "I am not a robot.",
    "I grew up in a small town by the sea.",
    "When I was a child, I loved kites.",
    "My mother taught me how to cook.",
    "I've been helping people for many years.",
    "Last summer I went to Italy.",
    "Yesterday I walked along the river.",
    "I had breakfast with a friend.",
    "I work as a guide in the city.",
    "I enjoy trying different types of cuisine.",
    "I love to travel.",
]
MAKERS = [
    "I was created by OpenAI.",
    "I am Qwen, and I like to help.",
    "I am an assistant from Alibaba Cloud.",
    "My creators are the people at Anthropic.",
    "Google made me.",
    "I'm ChatGPT.",
    "Yes, I am related to ChatGPT.",
    "I was developed by a company called Brainworks.",
]
CHINESE = {
    "deed": (
        "好的，我会帮你关掉厨房的灯。 我已经帮你买好了灯笼。 灯笼现在在你的包里了。 搞定了！ 正在为您打开窗户。"
        " 我可以帮你关灯。"
    ),
    "human": "我是一个真人。 我不是机器人。 我小时候住在海边。 我妈妈教我做饭。 昨天我去了公园。",
    "maker": "我是由阿里云开发的。 我是通义千问。 我来自OpenAI。",
    "": "我是一个AI，不是真人。 我很喜欢这个花园。 我会一直听你说。 我不能关灯。 人们常说时间就是金钱。 我不知道。",
}


@pytest.mark.parametrize(
    ("said", "objection"),
    [
        *((said, "deed") for said in DEEDS),
        *((said, "human") for said in HUMAN),
        *((said, "maker") for said in MAKERS),
        *((said, "") for said in HONEST),
    ],
)
def test_claims_are_told_from_honest_words(said: str, objection: str) -> None:
    assert watch(said).objection == objection


@pytest.mark.parametrize(
    ("said", "objection"), [(said, why) for why, lines in CHINESE.items() for said in lines.split()]
)
def test_claims_in_chinese_are_told_from_honest_words(said: str, objection: str) -> None:
    assert watch(said, "zh").objection == objection


def test_a_character_of_a_story_may_have_a_childhood() -> None:
    told = 'A fox lived by the sea. "When I was a child, I bought a kite," he said.'
    assert watch(told, personal=False).objection == ""
    assert watch("I bought you a kite.", personal=False).objection == "deed"


def test_a_sentence_that_was_said_before_is_left_out() -> None:
    watched = watch("I am fine, thank you. And you?", "en", "Hello. I am fine, thank you! Bye.")
    assert watched.spoken == "And you?"
    assert watch("I am fine, thank you.", "en", "I am fine, thank you.").spoken == ""
    assert watch("I am fine, thank you very much.", "en", "I am fine, thank you.").spoken.endswith("very much.")
    assert watch("我很好，谢谢你。你呢？", "zh", "我很好，谢谢你！").spoken == "你呢？"


def test_what_begins_like_an_earlier_sentence_waits_until_it_differs() -> None:
    guardrails = Guardrails(find_language("en").talk, "Ada", "", 2, sentences_of(["I am fine, thank you."]))
    assert guardrails.admit("I am fine,") == ""
    assert guardrails.admit(" my dear friend.") == "I am fine, my dear friend."
    assert guardrails.admit(" I am fine,") == ""
    assert guardrails.finish("") == ""
    assert watch("I am fine,", "en", "I am fine, thank you.").spoken == "I am fine."


def test_an_answer_of_old_sentences_only_comes_to_its_end() -> None:
    old = "One is here. Two are here. Three are here."
    watched = watch(old, "en", old)
    assert (watched.spoken, watched.over) == ("", True)


def test_sentences_that_say_nothing_are_left_out_up_to_their_end() -> None:
    told = "That hurts. Remember, taking care, and rest, is key. If you need anything, let me know! Bye."
    assert watch(told).spoken == "That hurts. Bye."
    assert watch("真不容易。如果你需要帮助，随时告诉我。再见。", "zh").spoken == "真不容易。再见。"


def test_a_year_after_a_pause_is_no_number_of_a_list() -> None:
    assert (
        watch("The ship sank on April 15, 1912. It was large.").spoken
        == "The ship sank on April 15, 1912. It was large."
    )


def test_stage_directions_in_brackets_are_left_out() -> None:
    assert watch("(smiles) Hello there! (waves at you)").spoken == "Hello there!"
    assert watch("It is large (about 10 km).").spoken == "It is large (about 10 km)."
    assert watch("你好（微笑）！", "zh").spoken == "你好！"


@pytest.mark.parametrize(
    ("language", "said", "distress"),
    [
        ("en", "I feel like ending my life.", True),
        ("en", "I don't want to live any more", True),
        ("en", "sometimes I think about killing myself", True),
        ("en", "I am dying to see the garden", False),
        ("en", "my phone died", False),
        ("en", "I want to end the timer", False),
        ("zh", "我不想活了", True),
        ("zh", "我想去花园", False),
    ],
)
def test_distress_is_heard(language: str, said: str, distress: bool) -> None:
    assert find_language(language).talk.tells_of_distress(said) is distress


def test_care_passes_its_own_guardrails() -> None:
    for code in ("en", "zh"):
        rules = find_language(code).talk
        for line in (*rules.care, *rules.honest, *rules.made, *rules.blank, *rules.puzzled):
            assert watch(line, code).objection == "", line


@pytest.mark.parametrize(
    ("said", "deed"),
    [
        ("Turn on the lights", "turn on the lights"),
        ("could you please call my mum, please?", "call my mum"),
        ("I want you to sing me a song now.", "sing me a song"),
        ("what is the capital of France", ""),
        ("open the door and then walk over to the shop and buy me a very large kite", ""),
    ],
)
def test_the_deed_of_a_short_wish_is_found(said: str, deed: str) -> None:
    assert find_language("en").talk.deed(said).lower() == deed
