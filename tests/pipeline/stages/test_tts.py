"""The tts stage, with the embedded voice."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator

import numpy as np
import pytest
from pydantic import ValidationError
from support.needs import needing
from support.streams import collect, stream

from models.context import DEFAULT, Context
from models.protocols import Samples, Synthesiser, Voiced
from models.tts.hibari import Hibari
from pipeline.errors import EngineFailed
from pipeline.host.host import Host
from pipeline.host.threads import EngineThread, Rank
from pipeline.packets import Reply, Speech
from pipeline.stages.stage import Turn
from pipeline.stages.tts import Options, Tts


class Plain(Synthesiser):
    """A voice without phonemes that fails where it is told to."""

    sample_rate = 16_000

    def speak(self, text: str, context: Context = DEFAULT) -> Iterator[Voiced]:
        if "fail" in text:
            raise RuntimeError("out of breath")
        yield Voiced(np.full(1600, 0.5, np.float32), self.sample_rate)
        yield Voiced(np.full(800, 0.5, np.float32), self.sample_rate)


@pytest.fixture(scope="module")
@needing("model")
def voice() -> Hibari:
    engine = Hibari()
    engine.load()
    return engine


def speak(engine: Synthesiser, *texts: str, **options: float) -> list[Speech]:
    async def run() -> list[Speech]:
        host: Host[Synthesiser] = Host("tts", [EngineThread(Rank("voice", engine))])
        stage = Tts(host, Options.model_validate(options))
        await stage.prepare({})
        return await collect(stage.run(stream(*map(Reply, texts)), Turn("1")))

    return asyncio.run(run())


def sound(speeches: list[Speech]) -> Samples:
    return np.concatenate([speech.voiced.samples for speech in speeches])


ANSWER = (
    "Sure, I can do that for $3.50. ",
    "The castle is 200 metres north of the market. It is ",
    "open until 5 pm! 😊",
)


def test_the_captions_are_what_was_written(voice: Hibari) -> None:
    assert "".join(speech.text for speech in speak(voice, *ANSWER)) == "".join(ANSWER)


def test_pieces_follow_each_other_without_a_gap(voice: Hibari) -> None:
    spoken, end = speak(voice, *ANSWER), 0
    for speech in spoken:
        assert speech.start == end / 24_000
        end += speech.voiced.samples.size
        assert sum(p.duration for p in speech.voiced.phonemes) == pytest.approx(speech.voiced.samples.size / 24_000)


def test_the_first_clause_is_not_kept_waiting_by_the_rest(voice: Hibari) -> None:
    whole = "The castle is north of the market, just past the old stone bridge. Then turn left."
    texts = [speech.text for speech in speak(voice, whole)]
    assert texts == ["The castle is north of the market, ", "just past the old stone bridge. ", "Then turn left."]


def test_pauses_are_silence_before_the_next_piece(voice: Hibari) -> None:
    with_pauses = speak(
        voice, "Good morning. ", "Come in, my old friend, ", "and sit down.", sentence_pause=0.5, clause_pause=0.2
    )
    without = speak(
        voice, "Good morning. ", "Come in, my old friend, ", "and sit down.", sentence_pause=0, clause_pause=0
    )
    added = [a.voiced.samples.size - b.voiced.samples.size for a, b in zip(with_pauses, without, strict=True)]
    assert added == [0, 12_000, 4_800]
    assert with_pauses[1].voiced.phonemes[0].symbol == " "
    assert with_pauses[1].voiced.phonemes[0].duration == 0.5
    assert not with_pauses[1].voiced.samples[:12_000].any()


def test_volume(voice: Hibari) -> None:
    plain, loud, quiet = (sound(speak(voice, "Hello!", volume=volume)) for volume in (1.0, 4.0, 0.25))
    assert np.allclose(quiet, plain / 4)
    assert np.allclose(loud, np.clip(plain * 4, -1, 1))
    assert np.abs(sound(speak(Plain(), "Hello!", volume=4.0))).max() == 1.0


@pytest.mark.parametrize("answer", [(), ("",), (" ", "\n"), ("...",)])
def test_nothing_to_say(voice: Hibari, answer: tuple[str, ...]) -> None:
    assert [speech.text.strip(". ") for speech in speak(voice, *answer)] in ([], [""])


def test_an_answer_of_pictures_is_a_silence_with_a_caption(voice: Hibari) -> None:
    (speech,) = speak(voice, "😊")
    assert (speech.text, speech.start) == ("😊", 0.0)
    assert not speech.voiced.samples.any()


def test_words_that_the_voice_cannot_read_stay_in_the_captions(voice: Hibari) -> None:
    spoken = speak(voice, "你好。", "Hello.")
    assert [speech.text for speech in spoken] == ["你好。Hello."]


def test_a_voice_without_phonemes() -> None:
    spoken = speak(Plain(), "One two. ", "Three.", sentence_pause=0.1)
    assert [(speech.text, speech.start) for speech in spoken] == [
        ("One two. ", 0),
        ("", 0.1),
        ("Three.", 0.15),
        ("", 0.35),
    ]
    assert not any(speech.voiced.phonemes for speech in spoken)


def test_a_voice_that_fails() -> None:
    with pytest.raises(EngineFailed, match="out of breath"):
        speak(Plain(), "fail")


@pytest.mark.parametrize("options", [{"volume": -1}, {"pauses": 1}, {"sentence_pause": 9}])
def test_wrong_options_are_refused(options: dict[str, float]) -> None:
    with pytest.raises(ValidationError):
        Options.model_validate(options)
