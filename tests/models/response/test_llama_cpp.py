"""The llama.cpp engine on the embedded model."""

from __future__ import annotations

import json
import subprocess
import sys
import threading
import urllib.error
import urllib.request
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import pytest
from support.needs import needing

from models.errors import ModelError, ModelUnavailable
from models.protocols import Message
from models.response import llama_model
from models.response.llama_cpp import LlamaCpp

SYSTEM = Message("system", "You are Ada, a cheerful guide. You answer in one short sentence.")


def say(text: str) -> list[Message]:
    return [SYSTEM, Message("user", text)]


@pytest.fixture(scope="module")
@needing("model")
def engine() -> Iterator[LlamaCpp]:
    engine = LlamaCpp(model="smollm2-135m-instruct", context=512)
    engine.load()
    yield engine
    engine.close()


@pytest.fixture
def reads(monkeypatch: pytest.MonkeyPatch) -> list[int]:
    """How many tokens of each prompt had to be read, as llama.cpp reports it at the end of an answer."""
    counts: list[int] = []
    hear = llama_model.Answer.hear

    def spy(answer: llama_model.Answer, chunk: Mapping[str, Any]) -> bool:
        if timings := chunk.get("timings"):
            counts.append(timings["prompt_n"])
        return hear(answer, chunk)

    monkeypatch.setattr(llama_model.Answer, "hear", spy)
    return counts


def test_an_answer_comes_in_pieces_and_is_the_same_again(engine: LlamaCpp) -> None:
    pieces = list(engine.complete(say("What is the capital of France?"), max_tokens=24))
    assert len(pieces) > 3
    assert "Paris" in "".join(pieces)
    assert list(engine.complete(say("What is the capital of France?"), max_tokens=24)) == pieces


@pytest.mark.model
def test_a_model_that_memory_does_not_hold_leaves_its_place_to_another(monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(ModelUnavailable, match=r"nowhere: needs 100000.0 GiB of memory, and .* name a smaller model"):
        LlamaCpp(model="hub:nobody/nowhere", memory=100_000.0).load()
    monkeypatch.setattr("models.response.llama_cpp.free_memory", lambda: 1000)
    with pytest.raises(ModelUnavailable, match="GiB of memory, and"):
        LlamaCpp(model="smollm2-135m-instruct").load()


def test_max_tokens_ends_an_answer(engine: LlamaCpp) -> None:
    assert len(list(engine.complete(say("Tell me a long story."), max_tokens=5))) <= 5
    assert "".join(engine.complete([SYSTEM], max_tokens=0)) == ""


def test_nothing_is_under_way_once_a_stopped_answer_has_settled(engine: LlamaCpp) -> None:
    answer = iter(engine.complete(say("Tell me a long story."), max_tokens=200))
    next(answer)
    assert engine._loaded is not None
    assert any(slot.busy for slot in engine._loaded._slots)
    answer.close()  # type: ignore[attr-defined]
    engine.settle()
    assert not any(slot.busy for slot in engine._loaded._slots)


def test_an_answer_obeys_its_schema_without_spaces(engine: LlamaCpp) -> None:
    schema = {
        "type": "object",
        "properties": {"intent": {"enum": ["buy", "navigate"]}, "quantity": {"type": "integer"}},
        "required": ["intent", "quantity"],
        "additionalProperties": False,
    }
    text = "".join(engine.complete(say("Buy two apples."), max_tokens=40, schema=schema))
    answer = json.loads(text)
    assert set(answer) == {"intent", "quantity"}
    assert answer["intent"] in {"buy", "navigate"}
    assert " " not in text


def test_a_schema_that_is_none_is_refused(engine: LlamaCpp) -> None:
    with pytest.raises(ModelError, match="is the schema right"):
        list(engine.complete(say("Hello."), max_tokens=8, schema={"type": "nonsense"}))


def test_closing_the_iterator_stops_the_work(engine: LlamaCpp) -> None:
    asked = say("Tell me a very long story about the sea.")
    heard = engine.complete(asked, max_tokens=400)
    pieces = [next(heard), next(heard)]
    heard.close()  # type: ignore[attr-defined]
    assert engine._loaded is not None
    loaded = engine._loaded
    idle = threading.Event()
    while any(slot.busy for slot in loaded._slots):
        idle.wait(0.01)
    written = next(slot.read[-1].text for slot in loaded._slots if list(slot.read[:2]) == asked)
    assert written.startswith("".join(pieces))
    assert len(written.split()) < 100


def test_a_conversation_goes_on_where_it_was_though_another_came_between(engine: LlamaCpp, reads: list[int]) -> None:
    mine = [SYSTEM, Message("user", "Hello, I am Tom and I have a small red boat in the harbour.")]
    mine.append(Message("assistant", "".join(engine.complete(mine, max_tokens=16))))
    other = [SYSTEM, Message("user", "Good evening. My name is Eve, and I collect old maps of the sea.")]
    list(engine.complete(other, max_tokens=16))
    list(engine.complete([*mine, Message("user", "Bye!")], max_tokens=4))
    assert reads[-1] < reads[0]
    assert reads[-1] < 20


@pytest.mark.model
def test_what_was_read_ahead_is_not_read_again(reads: list[int]) -> None:
    engine = LlamaCpp(context=256, slots=1)
    engine.load()
    list(engine.complete([SYSTEM], max_tokens=0))
    list(engine.complete(say("Hi."), max_tokens=2))
    engine.close()
    assert reads[-1] < 15


@pytest.mark.model
def test_what_begins_every_conversation_is_read_once_for_all_slots_and_starts(
    reads: list[int], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("models.response.kept_prompts.default_root", lambda: tmp_path)
    for start in range(2):
        engine = LlamaCpp(model="smollm2-135m-instruct", context=256, slots=3)
        engine.load()
        list(engine.complete([SYSTEM], max_tokens=0))
        for name in ("Tom", "Eve", "Ann"):
            list(engine.complete(say(f"Hi, I am {name}."), max_tokens=2))
        engine.close()
        assert len(reads) == 4 + 3 * start  # the beginning was read by one slot, at the first start
    assert max(reads[1:]) < reads[0]


@pytest.mark.model
def test_a_beginning_that_lost_its_slot_comes_back(
    reads: list[int], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("models.response.kept_prompts.default_root", lambda: tmp_path)
    engine = LlamaCpp(model="smollm2-135m-instruct", context=512, slots=1)
    engine.load()
    list(engine.complete([SYSTEM], max_tokens=0))
    list(engine.complete([Message("system", "Quite another prompt. " * 20), Message("user", "Hm?")], max_tokens=2))
    list(engine.complete(say("Hi."), max_tokens=2))
    engine.close()
    assert reads[2] < reads[0]


@pytest.mark.model
def test_a_conversation_that_lost_its_oldest_turns_is_not_read_again(reads: list[int]) -> None:
    engine = LlamaCpp(model="smollm2-135m-instruct", context=512, slots=2)
    engine.load()
    talk = [
        Message(role, f"{role} says that kite number {number} is a very fine kite with a long red tail.")
        for number in range(4)
        for role in ("user", "assistant")
    ]
    list(engine.complete([SYSTEM, *talk, Message("user", "And now?")], max_tokens=2))
    list(engine.complete([SYSTEM, *talk[2:], Message("user", "And then?")], max_tokens=2))
    engine.close()
    assert reads[1] < 30 < reads[0]


@pytest.mark.model
def test_reading_ahead_can_be_stopped_and_its_slot_is_waited_for(reads: list[int]) -> None:
    engine = LlamaCpp(model="smollm2-135m-instruct", context=512, slots=2)
    engine.load()
    ahead = iter(engine.complete(say("Tell me " + "once more " * 60), max_tokens=0))
    assert next(ahead) == ""
    ahead.close()  # type: ignore[attr-defined]
    list(engine.complete(say("Tell me " + "once more " * 60 + "please."), max_tokens=2))
    engine.close()
    assert reads[-1] < 40


def test_answers_at_the_same_time_do_not_mix(engine: LlamaCpp) -> None:
    questions = ["What is the capital of France?", "What is the capital of Japan?"]
    first, second = (engine.complete(say(question), max_tokens=24) for question in questions)
    texts = ["", ""]
    for one, other in zip(first, second, strict=False):
        texts = [texts[0] + one, texts[1] + other]
    assert "Paris" in texts[0] + "".join(first)
    assert "Tokyo" in texts[1] + "".join(second)


@pytest.mark.model
def test_equal_engines_share_one_model_until_the_last_leaves() -> None:
    options: dict[str, Any] = {"model": "smollm2-135m-instruct", "context": 128, "slots": 1}
    one, other = LlamaCpp(**options, temperature=0.7), LlamaCpp(**options)
    one.load()
    other.load()
    loaded = other._loaded
    assert loaded is one._loaded
    one.close()
    one.close()
    assert list(other.complete(say("Hi."), max_tokens=2))
    other.close()
    assert loaded not in llama_model.OPEN.values()


def test_a_conversation_beyond_the_context_is_refused_with_the_remedy(engine: LlamaCpp) -> None:
    with pytest.raises(ModelError, match=r"tokens and a slot holds 512.*'context'"):
        list(engine.complete(say("word " * 600), max_tokens=4))


def test_the_port_that_llama_cpp_opens_is_locked(engine: LlamaCpp) -> None:
    assert engine._loaded is not None
    request = urllib.request.Request(f"{engine._loaded._server.listening_address}/v1/chat/completions", data=b"{}")
    with pytest.raises(urllib.error.HTTPError, match="401") as caught:
        urllib.request.urlopen(request)
    caught.value.close()


def test_a_file_that_is_no_model_is_refused_with_the_remedy(tmp_path: Path) -> None:
    path = tmp_path / "fake.gguf"
    path.write_text("not a model")
    with pytest.raises(ModelError, match=r"fake\.gguf cannot be opened.*whole GGUF file"):
        LlamaCpp(model=str(path)).load()


def test_a_folder_must_hold_one_model(tmp_path: Path) -> None:
    with pytest.raises(ModelError, match=r"expected one \.gguf file in .*, found 0"):
        LlamaCpp(model=str(tmp_path)).load()


def test_asking_before_loading_is_refused() -> None:
    with pytest.raises(ModelError, match=r"call load\(\) first"):
        LlamaCpp().complete([SYSTEM], max_tokens=1)


@pytest.mark.parametrize(
    "options",
    [{"threads": -1}, {"context": 8}, {"slots": 0}, {"temperature": -0.1}, {"repeat_penalty": 0.5}, {"seed": -1}],
)
def test_wrong_options_are_refused_by_name(options: dict[str, Any]) -> None:
    with pytest.raises(ValueError, match=next(iter(options))):
        LlamaCpp(**options)


def test_importing_the_module_imports_no_engine() -> None:
    code = "import sys, models.response.llama_cpp; sys.exit('xllamacpp' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0
