"""Runs language models of the transformers library: hub ids, folders and GGUF files.

It asks three kinds of model, each in its own way. The first have a chat template. The second were trained on turns that
the end mark separates (DialoGPT). The third only continue a text (GPT-2), so they get the script of a conversation.
"""

from __future__ import annotations

import inspect
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any, ClassVar, Literal

from models.context import DEFAULT, Context
from models.errors import ModelError, ModelUnavailable
from models.protocols import LanguageModel, Message
from models.response.openmp import brief_spinning
from models.store.store import locate

_SPEAKERS = {"user": "User: ", "assistant": "Assistant: ", "system": ""}
_RECENT = 64
"""The latest tokens whose repetition is made less likely, as many as in llama.cpp."""
_HALF = "\ufffd"
"""The character that a tokeniser gives for the first half of another character."""


class Transformers(LanguageModel):
    """A causal language model.

    `model` is a name in the catalogue, a path, or a hub id (``hub:org/repo``, ``hub:org/repo#file.gguf``). `style` says
    how a conversation is written down: by the model's own ``chat`` template, as ``turns`` that the end mark separates,
    or as a ``script`` to continue. ``auto`` takes the template where there is one, else turns for models called
    DialoGPT, else the script. `device` ``auto`` is a GPU where torch finds one. At `temperature` 0 it takes the
    likeliest token; above 0, `seed` decides. `repeat_penalty` is as in llama.cpp. It cannot decode under a schema, so
    `complete` refuses one.
    """

    extra: ClassVar[str] = "transformers"
    requires: ClassVar[tuple[str, ...]] = ("transformers", "torch")

    def __init__(
        self,
        *,
        model: str = "smollm2-135m-instruct",
        style: Literal["auto", "chat", "turns", "script"] = "auto",
        device: Literal["auto", "cpu", "cuda"] = "auto",
        temperature: float = 0.0,
        repeat_penalty: float = 1.1,
        seed: int = 0,
    ) -> None:
        if style not in ("auto", "chat", "turns", "script"):
            raise ValueError(f"style: '{style}' is none of auto, chat, turns, script")
        if device not in ("auto", "cpu", "cuda"):
            raise ValueError(f"device: '{device}' is none of auto, cpu, cuda")
        for option, value, least in (("temperature", temperature, 0), ("repeat_penalty", repeat_penalty, 1)):
            if value < least:
                raise ValueError(f"{option}: {value} is too small; expected {least} or more")
        self.model, self.style, self.device = model, style, device
        self.temperature, self.repeat_penalty, self.seed = temperature, repeat_penalty, seed
        self._network: Any = None
        self._tokens: Any = None

    def weights(self) -> tuple[str, ...]:
        """The name of the model's folder or file."""
        return (self.model,)

    def load(self) -> None:
        """Open the model. Raises ModelError."""
        if self._network is not None:
            return
        try:
            with brief_spinning():
                import torch
            from transformers import AutoModelForCausalLM, AutoTokenizer
            from transformers.utils import logging
        except ImportError as error:
            raise ModelUnavailable(f"{error}: pip install 'parley-avatar[transformers]'") from error
        device = self.device if self.device != "auto" else "cuda" if torch.cuda.is_available() else "cpu"
        if device == "cuda" and not torch.cuda.is_available():
            raise ModelUnavailable("device: torch finds no GPU here; set device to 'cpu' or 'auto'")
        folder, options = _source(locate(self.model))
        logging.disable_progress_bar()
        try:
            self._tokens = AutoTokenizer.from_pretrained(folder, **options)
            network = AutoModelForCausalLM.from_pretrained(folder, **options)
        except (OSError, ValueError, KeyError, ImportError) as error:
            raise ModelError(f"{self.model}: transformers cannot open {folder}: {error}") from error
        if self.style == "auto":
            self.style = _style(self._tokens, self.model)
        self._network = network.to(device).eval()
        known = inspect.signature(network.forward).parameters
        self._memory = "cache" if "cache" in known else "past_key_values"  # its name before transformers 5.40

    def close(self) -> None:
        """Free the model."""
        self._network = self._tokens = None

    def complete(
        self,
        messages: Sequence[Message],
        context: Context = DEFAULT,
        *,
        max_tokens: int,
        schema: Mapping[str, Any] | None = None,
    ) -> Iterator[str]:
        """Yield the answer (see the protocol). Raises ModelError for a schema, or `messages` beyond the model's
        context."""
        if self._network is None:
            raise ModelError(f"{self.model} was asked before it was loaded: call load() first")
        if schema is not None:
            raise ModelError("transformers cannot decode under a schema here: use the engine llama-cpp or openai")
        answer: list[int] = []
        shown = ""
        for token in self._generate(self._write_down(messages), max_tokens):
            answer.append(token)
            text: str = self._tokens.decode(answer, skip_special_tokens=True)
            if text.endswith(_HALF):
                continue
            if self.style == "script":
                line, ended, _ = text.lstrip().partition("\n")  # the next line belongs to another speaker
                text = line
            else:
                ended = ""
            if len(text) > len(shown):
                yield text[len(shown) :]
                shown = text
            if ended:
                return

    def _write_down(self, messages: Sequence[Message]) -> Any:
        """The tokens of a conversation, shape (1, n)."""
        if self.style == "chat":
            chat = [{"role": message.role, "content": message.text} for message in messages]
            return self._tokens.apply_chat_template(
                chat, add_generation_prompt=True, return_tensors="pt", return_dict=True
            )["input_ids"]
        if self.style == "turns":
            end = self._tokens.eos_token
            text = "".join(f"{message.text}{end}" for message in messages if message.role != "system")
        else:
            text = "".join(f"{_SPEAKERS[message.role]}{message.text}\n" for message in messages) + "Assistant:"
        return self._tokens(text, return_tensors="pt")["input_ids"]

    def _generate(self, prompt: Any, max_tokens: int) -> Iterator[int]:
        """Yield tokens until the end mark. No mode of torch stays switched on between two tokens."""
        import torch
        from transformers import DynamicCache, LogitsProcessorList
        from transformers import RepetitionPenaltyLogitsProcessor as RepetitionPenalty

        room = getattr(self._network.config, "max_position_embeddings", 1 << 30) - prompt.shape[1]
        if room <= 0:
            raise ModelError(f"{self.model}: the conversation has {prompt.shape[1]} tokens, {1 - room} too many for it")
        seen = prompt.to(self._network.device)
        penalty = LogitsProcessorList([RepetitionPenalty(self.repeat_penalty)])
        chance = torch.Generator(device=seen.device).manual_seed(self.seed)
        cache, unread, ends = DynamicCache(), seen, self._ends()
        for _ in range(min(max_tokens, room)):
            with torch.inference_mode():
                scores = self._network(input_ids=unread, use_cache=True, **{self._memory: cache}).logits[:, -1].float()
                scores = penalty(seen[:, -_RECENT:], scores)
                if self.temperature:
                    unread = torch.multinomial((scores / self.temperature).softmax(-1), 1, generator=chance)
                else:
                    unread = scores.argmax(-1, keepdim=True)
                seen = torch.cat((seen, unread), dim=1)
            token = int(unread)
            if token in ends:
                return
            yield token

    def _ends(self) -> frozenset[int]:
        ends = self._network.generation_config.eos_token_id
        several = ends if isinstance(ends, list) else [ends]
        return frozenset(end for end in (*several, self._tokens.eos_token_id) if end is not None)


def _source(path: Path) -> tuple[Path, dict[str, str]]:
    """The folder of a model that is a folder or a GGUF file, and the options to read it with."""
    if path.is_file():
        return path.parent, {"gguf_file": path.name}
    found = sorted(path.glob("*.gguf"))
    if found and not (path / "config.json").exists():
        return path, {"gguf_file": found[0].name}
    return path, {}


def _style(tokens: Any, model: str) -> Literal["chat", "turns", "script"]:
    if tokens.chat_template:
        return "chat"
    return "turns" if "dialogpt" in model.lower() else "script"
