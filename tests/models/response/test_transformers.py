"""The transformers engine: the embedded model from its GGUF, and small models of the other kinds, made here."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from support.needs import needing

from models.errors import ModelError, ModelUnavailable
from models.protocols import Message
from models.response.transformers import Transformers

CHAT = [
    Message("system", "You are Ada, a cheerful guide. You answer in one short sentence."),
    Message("user", "What is the capital of France?"),
]
WORDS = "Hello there. How are you? I am fine, thank you.\nUser: Assistant: Good morning, my friend.\n"


@pytest.fixture(scope="module")
@needing("model")
def smollm2() -> Iterator[Transformers]:
    engine = Transformers(model="smollm2-135m-instruct", device="cpu", repeat_penalty=1.0)
    engine.load()
    yield engine
    engine.close()


@pytest.fixture(scope="module")
@needing("model")
def gpt2(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder of a GPT-2 with 2 layers, 64 positions and random weights."""
    return small_gpt2(tmp_path_factory.mktemp("gpt2"))


def small_gpt2(folder: Path) -> Path:
    import torch
    from tokenizers import ByteLevelBPETokenizer
    from transformers import GPT2Config, GPT2LMHeadModel, GPT2TokenizerFast

    trained = ByteLevelBPETokenizer()
    trained.train_from_iterator([WORDS] * 8, vocab_size=300, special_tokens=["<|endoftext|>"])
    trained.save_model(str(folder))
    tokens = GPT2TokenizerFast.from_pretrained(folder)
    tokens.save_pretrained(folder)
    end = tokens.eos_token_id
    torch.manual_seed(0)
    config = GPT2Config(
        vocab_size=len(tokens), n_positions=64, n_embd=16, n_layer=2, n_head=2, bos_token_id=end, eos_token_id=end
    )
    GPT2LMHeadModel(config).save_pretrained(folder)
    return folder


def opened(**options: Any) -> Transformers:
    engine = Transformers(device="cpu", **options)
    engine.load()
    return engine


def test_the_embedded_model_answers_from_its_gguf(smollm2: Transformers) -> None:
    pieces = list(smollm2.complete(CHAT, max_tokens=12))
    assert smollm2.style == "chat"
    assert len(pieces) > 3
    assert "Paris" in "".join(pieces)


def test_closing_the_iterator_stops_the_work(smollm2: Transformers) -> None:
    answer = smollm2.complete(CHAT, max_tokens=2000)
    next(answer)
    answer.close()  # type: ignore[attr-defined]
    assert list(answer) == []


def test_a_model_without_a_template_continues_a_script(gpt2: Path) -> None:
    engine = opened(model=str(gpt2))
    assert engine.style == "script"
    assert engine._tokens.decode(engine._write_down(CHAT)[0]).endswith(
        "User: What is the capital of France?\nAssistant:"
    )
    text = "".join(engine.complete(CHAT[1:], max_tokens=30))
    assert "\n" not in text


@pytest.mark.model
def test_dialogpt_reads_turns_that_the_end_mark_separates(tmp_path: Path) -> None:
    folder = tmp_path / "DialoGPT-small"
    folder.mkdir()
    engine = opened(model=str(small_gpt2(folder)))
    assert engine.style == "turns"
    talk = [*CHAT, Message("assistant", "Paris."), Message("user", "Thank you.")]
    end = "<|endoftext|>"
    written = engine._tokens.decode(engine._write_down(talk)[0])
    assert written == f"What is the capital of France?{end}Paris.{end}Thank you.{end}"
    assert end not in "".join(engine.complete(talk, max_tokens=20))


def test_chance_follows_the_seed(gpt2: Path) -> None:
    one, same, other = (
        "".join(opened(model=str(gpt2), style="turns", temperature=1.0, seed=seed).complete(CHAT, max_tokens=12))
        for seed in (1, 1, 2)
    )
    assert one == same != other


def test_an_answer_ends_where_the_context_does(gpt2: Path) -> None:
    engine = opened(model=str(gpt2), style="turns")
    room = 64 - engine._write_down(CHAT).shape[1]
    assert len(list(engine._generate(engine._write_down(CHAT), 1000))) <= room


def test_a_conversation_beyond_the_context_is_refused(gpt2: Path) -> None:
    engine = opened(model=str(gpt2))
    with pytest.raises(ModelError, match=r"has \d+ tokens, \d+ too many"):
        list(engine.complete([Message("user", "Good morning. " * 60)], max_tokens=4))


def test_a_schema_is_refused_with_the_remedy(gpt2: Path) -> None:
    with pytest.raises(ModelError, match="use the engine llama-cpp or openai"):
        list(opened(model=str(gpt2)).complete(CHAT, max_tokens=4, schema={"type": "object"}))


@pytest.mark.model
def test_a_folder_without_a_model_is_refused(tmp_path: Path) -> None:
    with pytest.raises(ModelError, match="transformers cannot open"):
        opened(model=str(tmp_path))


def test_a_gpu_that_is_not_there_is_refused(gpt2: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    import torch

    monkeypatch.setattr(torch.cuda, "is_available", lambda: False)
    with pytest.raises(ModelUnavailable, match="no GPU"):
        Transformers(model=str(gpt2), device="cuda").load()


def test_asking_before_loading_is_refused() -> None:
    with pytest.raises(ModelError, match=r"call load\(\) first"):
        next(Transformers().complete(CHAT, max_tokens=4))


@pytest.mark.parametrize("options", [{"style": "prose"}, {"device": "tpu"}, {"temperature": -1}, {"repeat_penalty": 0}])
def test_wrong_options_are_refused_by_name(options: dict[str, Any]) -> None:
    with pytest.raises(ValueError, match=next(iter(options))):
        Transformers(**options)


def test_importing_the_module_imports_no_engine() -> None:
    code = "import sys, models.response.transformers; sys.exit('torch' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0
