"""Backchannels, coughs and echoes told from real interruptions: as words, and as a recogniser writes real sound."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from functools import cache

import numpy as np
import pytest
import soxr
from hypothesis import given
from hypothesis import strategies as st
from support.needs import needing
from support.phrasings import read_phrasings
from support.sounds import RATE, noises, speech

from models.asr.moonshine import Moonshine
from models.language.backchannel import Listener
from models.language.finding import find_language, language_of
from models.protocols import Hypothesis, Samples
from models.tts.hibari import Hibari

EN, ZH = find_language("en").listener, find_language("zh").listener


REQUESTS = [phrasing.text for part in ("calibration", "heldout") for phrasing in read_phrasings(part)]

FRAGMENTS = ("You", "The.", "And?", "So.", "Well,")
LISTENING = (
    *(
        "",
        "...",
        "You",
        "Uh-huh.",
        "Uh huh.",
        "uhhuh",
        "Mm-hmm.",
        "Mhm.",
        "Mm.",
        "M. M. M.",
        "Hm",
        "Hmm?",
        "Huh?",
        "Ah,",
    ),
    *(
        "Oh.",
        "Ooh!",
        "Aha!",
        "Uh",
        "Um.",
        "Er...",
        "Ahem.",
        "Wow!",
        "Whoa.",
        "Yeah.",
        "Yeah, yeah, yeah.",
        "Yep",
        "Yup.",
    ),
    *("Ok, Ok.", "Oh, okay.", "Right.", "Right, right.", "I see.", "Oh, I see.", "I know.", "Got it.", "Of course."),
    *(
        "That's right.",
        "That’s great!",
        "Very good.",
        "All right.",
        "Alright.",
        "Makes sense.",
        "Really?",
        "Thank you.",
    ),
    *("Ha, ha, ha!", "Haha", "Hehe.", "[coughing]", "(laughs)", "*sighs*", "The.", "And?", "So.", "Well,"),
    *("嗯", "嗯嗯。", "对对对", "好的", "是的。", "哦,原来如此", "知道了", "哈哈哈", "真的吗?", "没错", "（笑）"),
)
REAL = (
    *(
        "Stop.",
        "No.",
        "No, no.",
        "Wait!",
        "Wait wait",
        "What?",
        "Why?",
        "How?",
        "Who?",
        "Hold on.",
        "Okay, stop.",
        "Hey,",
    ),
    *("Yes, please.", "Yeah, but why?", "Yeah, I want a kite.", "No thanks.", "Hello?", "Sorry?", "Help!", "Enough."),
    *("That's enough.", "Never mind.", "Cancel that.", "Be quiet.", "I see a problem there.", "Right, what about you?"),
    *("Two.", "18", "The lantern.", "Library.", "How much?", "Repeat that.", "Okay Google", "¿Qué?", "Стоп", "止めて"),
    *("停", "等一下", "不是", "不对", "什么?", "好的,停", "多少钱", "我要买一个苹果", "嗯,我想去图书馆"),
)


@pytest.mark.parametrize("text", LISTENING)
def test_who_listens_coughs_or_laughs_does_not_interrupt(text: str) -> None:
    listener = language_of(text, "en").listener
    assert listener.is_backchannel(text)
    assert listener.is_backchannel(text, 0.99)
    assert not listener.has_word(text)


@pytest.mark.parametrize("text", REAL)
def test_who_says_something_interrupts(text: str) -> None:
    listener = language_of(text, "en").listener
    assert not listener.is_backchannel(text)
    assert not listener.is_backchannel(text, 0.8)
    assert listener.has_word(text)


@pytest.mark.parametrize("text", REQUESTS)
def test_what_skills_are_asked_for_is_real(text: str) -> None:
    assert not EN.is_backchannel(text)


@pytest.mark.parametrize(
    ("text", "confidence", "passed_over"),
    [
        ("Amend them.", 0.6, True),
        ("Amend them.", 0.7, False),
        ("Take me to the library.", 0.6, False),
        ("You don't have to be a little bit of a", 0.25, True),
        ("Stop.", 0.1, False),
        ("Okay, stop.", 0.3, False),
        ("Yeah.", 0.1, True),
    ],
)
def test_a_sound_that_was_written_as_words_is_known_by_the_doubt(
    text: str, confidence: float, passed_over: bool
) -> None:
    assert EN.is_backchannel(text, confidence) is passed_over
    assert EN.has_word(text, confidence) is not passed_over


@pytest.mark.parametrize(
    ("partials", "real_from"),
    [
        (("Wait,", "Wait, how"), 0),
        (("Yeah", "Yeah I", "Yeah I want", "Yeah I want a kite"), 2),
        (("I", "I see", "I see a", "I see a problem"), 3),
        (("Go", "Go on", "Go on to"), 2),
        (("The", "The lantern"), 1),
        (("That's", "That's right", "That's right here"), 2),
        (("知", "知道", "知道哪"), 2),
        (("Of", "Of course", "Of course not"), 2),
    ],
)
def test_words_count_from_the_one_that_no_listener_says(partials: tuple[str, ...], real_from: int) -> None:
    found = [language_of(text, "en").listener.has_word(text) for text in partials]
    assert found.index(True) == real_from if real_from < len(partials) else not any(found)


ANSWERS = (
    "You bought a lantern for 18 coins. You have 82 coins left.",
    "I am taking you to the lighthouse. We go south to the bakery, then south.",
    "I can show you the way, buy things for you, set a timer, or tell you about the weather or a story.",
    "Here is a story about a dragon. Once upon a time there was a small dragon who was afraid of fire.",
    "You can say stop at any time, and I wait.",
    "我带你去图书馆。先往北走到花园,再往西走。",
)


@pytest.mark.parametrize(
    ("text", "answer", "echo"),
    [
        ("18 coins. You have 82", 0, True),
        ("Bought a land turn for 18 coins", 0, True),
        ("Go south to the bakery, and.", 1, True),
        ("And taking you to the light house, we go south", 1, True),
        ("Who was afraid of fire?", 3, True),
        ("往北走到花园", 5, True),
        ("Lighthouse.", 1, True),
        ("", 0, False),
        ("Stop.", 4, False),
        ("Stop, wait.", 4, False),
        ("Please stop.", 4, False),
        ("You can say no at any time", 4, False),
        ("No, the lighthouse.", 1, False),
        ("How much is a lantern?", 0, False),
        ("Buy a lantern", 0, False),
        ("Go to the bakery.", 1, False),
        ("Tell me a story about a cat.", 2, False),
        ("停", 5, False),
        ("去市场", 5, False),
        (" ".join(ANSWERS) + " and more", 0, False),
    ],
)
def test_the_avatars_own_words_are_known_again(text: str, answer: int, echo: bool) -> None:
    assert language_of(ANSWERS[answer], "en").listener.is_echo(text, ANSWERS[answer]) is echo


def test_hardly_any_request_is_mistaken_for_an_echo_of_any_answer() -> None:
    mistaken = [(text, answer) for text in REQUESTS for answer in ANSWERS if EN.is_echo(text, answer)]
    assert len(mistaken) <= 1, mistaken


texts = st.text(max_size=80)
units, taking = (
    {},
    {EN: st.sampled_from(["stop", "Wait!", "no", "what", "How", "hold on"]), ZH: st.sampled_from("停等别谁")},
)
for listener in taking:
    units[listener] = st.sampled_from(
        [text for text in LISTENING if text not in FRAGMENTS and language_of(text, "en").listener is listener]
    )


@pytest.mark.parametrize("listener", taking, ids=["en", "zh"])
@given(st.data())
def test_any_number_of_backchannels_is_one(listener: Listener, data: st.DataObject) -> None:
    parts = data.draw(st.lists(units[listener], max_size=6))
    for text in (" ".join(parts), ", ".join(parts).upper()):
        assert listener.is_backchannel(text)
        assert not listener.has_word(text)


@pytest.mark.parametrize("listener", taking, ids=["en", "zh"])
@given(st.data(), texts, st.floats(0, 1))
def test_taking_the_floor_is_never_passed_over(
    listener: Listener, data: st.DataObject, after: str, confidence: float
) -> None:
    before, word = data.draw(st.lists(units[listener], max_size=4)), data.draw(taking[listener])
    text = " ".join([*before, word, after])
    assert not listener.is_backchannel(text, confidence)
    assert listener.has_word(text, confidence)


@given(texts, st.none() | st.floats(0, 1))
def test_every_text_is_at_most_one_of_both(text: str, confidence: float | None) -> None:
    assert not (EN.is_backchannel(text, confidence) and EN.has_word(text, confidence))


@given(st.sampled_from(ANSWERS[:4]), st.data())
def test_every_part_of_an_answer_is_its_echo(answer: str, data: st.DataObject) -> None:
    words = answer.split()
    start = data.draw(st.integers(0, len(words) - 3))
    stop = data.draw(st.integers(start + 3, len(words)))
    assert EN.is_echo(" ".join(words[start:stop]).lower(), answer)


@given(texts, texts)
def test_an_echo_needs_words_and_an_answer(text: str, spoken: str) -> None:
    assert not EN.is_echo(text, "")
    assert not EN.is_echo("", spoken)
    EN.is_echo(text, spoken)


# --- as a recogniser writes real sound -----------------------------------------------------------------------------


@pytest.fixture(scope="module")
@needing("model")
def recognise() -> Iterator[Callable[[Samples], Hypothesis]]:
    engine = Moonshine()
    engine.load()
    yield engine.transcribe
    engine.close()


@cache
def voice() -> Hibari:
    engine = Hibari()
    engine.load()
    return engine


def said(text: str) -> Samples:
    """Speech with some quiet around it."""
    sound = np.concatenate([piece.samples for piece in voice().speak(text)])
    return np.pad(np.asarray(soxr.resample(sound, voice().sample_rate, RATE), np.float32), round(0.3 * RATE))


@pytest.mark.parametrize("text", ["Uh-huh.", "Mm-hmm.", "Hmm.", "Yeah.", "Okay.", "Right.", "I see.", "Oh, okay."])
def test_spoken_backchannels(recognise: Callable[[Samples], Hypothesis], text: str) -> None:
    heard = recognise(said(text))
    assert EN.is_backchannel(heard.text, heard.confidence), heard


@pytest.mark.parametrize("text", ["Stop.", "Wait.", "What?", "No.", "Hold on.", "Buy two apples.", "Okay, stop."])
def test_spoken_interruptions(recognise: Callable[[Samples], Hypothesis], text: str) -> None:
    heard = recognise(said(text))
    assert not EN.is_backchannel(heard.text, heard.confidence), heard


def test_what_people_say_at_length_is_real_from_its_first_seconds(recognise: Callable[[Samples], Hypothesis]) -> None:
    for name in ("speech-jfk", "speech-beckett", "speech-two-cities"):
        heard = recognise(speech(name)[: 3 * RATE])
        assert EN.has_word(heard.text, heard.confidence), heard


def test_noise_is_nothing(recognise: Callable[[Samples], Hypothesis]) -> None:
    for name, sound in noises().items():
        assert EN.is_backchannel(recognise(sound).text), name


def test_an_echo_is_known_from_nearly_any_part_of_it(recognise: Callable[[Samples], Hypothesis]) -> None:
    random = np.random.default_rng(5)
    parts, missed = 0, []
    for answer in ANSWERS[:4]:
        sound = 0.2 * said(answer)
        for start in range(0, sound.size - 2 * RATE, RATE):
            part = np.pad(sound[start : start + 2 * RATE], RATE // 4)
            heard = recognise((part + random.normal(0, 5e-4, part.size)).astype(np.float32))
            parts += 1
            if not EN.is_backchannel(heard.text, heard.confidence) and not EN.is_echo(heard.text, answer):
                missed.append(heard.text)
    assert len(missed) <= parts // 6, (parts, missed)
