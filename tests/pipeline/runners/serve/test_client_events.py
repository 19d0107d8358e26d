"""What a client is told of an answer whose line was lost for a while."""

from __future__ import annotations

import numpy as np

from models.protocols import Voiced
from pipeline.packets import Speech
from pipeline.runners.serve.client_events import ClientEvents
from pipeline.wire import from_server
from pipeline.wire.fields import Message

RATE = 1000


def speech(text: str, start: float, seconds: float) -> Speech:
    return Speech(Voiced(np.zeros(round(seconds * RATE), np.float32), RATE), start, text)


def test_words_have_the_answers_time_whatever_was_shown_before() -> None:
    told: list[Message] = []
    telling = ClientEvents(told.append)
    telling.plays("t1", 0.0)
    telling.show(speech("One two. ", 0.0, 0.6))
    telling.show(speech("", 0.6, 0.2))
    telling.show(speech("Four five.", 3.0, 0.8))  # what lay between was said while the line was lost
    telling.plays("t2", 9.0)
    telling.show(speech("世界", 0.0, 0.4))
    telling.show(speech(" ", 0.4, 0.1))
    captions = [caption for caption in told if isinstance(caption, from_server.Caption)]
    assert [(caption.turn, caption.text, caption.start, caption.words) for caption in captions] == [
        ("t1", "One two. ", 0, ((0, "One"), (300, " two."))),
        ("t1", "Four five.", 3000, ((3000, " Four"), (3400, " five."))),
        ("t2", "世界", 0, ((0, "世"), (200, "界"))),
    ]
