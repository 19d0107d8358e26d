"""hibari is a small English voice, distilled from Kokoro, with exact times for its phonemes."""

from __future__ import annotations

import hashlib
import json
import unicodedata
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any, ClassVar

import numpy as np
from numpy.typing import NDArray

from models.context import DEFAULT, Context
from models.errors import ModelCorrupt
from models.onnx import open_network
from models.protocols import Samples, Synthesiser, Voiced
from models.store.store import locate
from models.tts.alignment import PAUSES, align

VOICES = ("heart", "emma", "fenrir", "fable", "kore")
"""The first voice comes with the package hibari-tts, the others come from `HUB`."""
HUB = "hub:maureesewilliams/hibari#voices/"

HOP = 300
"""Samples to a frame of the spectrum: 12.5 ms."""
SPAN = 2
"""Frames of the spectrum to a unit of duration: 25 ms."""
LEAD = 5
"""Frames by which a sound is heard earlier than the network's durations say. The middle of 103 stops, 48 fricatives and
48 bilabials came 57 to 66 ms early, at every speed. Kokoro's own time stamps subtract three units (75 ms) for this."""
AUDIBLE = -2.0
"""The natural logarithm of a spectral magnitude. Softer frames stay under 0.001 of full scale."""
REACH = 2
"""Frames before and after a frame in which it sounds too: half the window of the inverse transform."""
LONGEST = 200
"""Phonemes in one call of the network. They are about 12 s of sound, which takes a quarter of a second."""


SPEEDS = 0.5, 2.0
"""The slowest and the fastest speech that can be understood."""


class Hibari(Synthesiser):
    """Speaks English with the package's own front end, and cuts the silence before and behind each sentence.

    `voice` is one of `VOICES`, or a model of the same design: a path, or ``hub:org/repo#file``. `others` are further
    ones that a turn may name as its voice; each takes some 0.1 GB. `speed` is 0.5 (slow) to 2. One thread is enough for
    40 times real time, and leaves the other cores to the language model."""

    languages: ClassVar[frozenset[str]] = frozenset({"en"})
    requires: ClassVar[tuple[str, ...]] = ("hibari", "onnxruntime")
    sample_rate = 24000

    def __init__(
        self, voice: str = "heart", speed: float = 1.0, threads: int = 1, *, others: list[str] | None = None
    ) -> None:
        for option, name in (("voice", voice), *(("others", other) for other in others or ())):
            if name not in VOICES and not name.startswith("hub:") and not name.endswith(".onnx"):
                raise ValueError(
                    f"{option}: {name!r} is none of {', '.join(VOICES)}, nor hub:org/repo#file, nor a .onnx file"
                )
        if not SPEEDS[0] <= speed <= SPEEDS[1]:
            raise ValueError(f"speed: {speed:g} is not between 0.5 and 2")
        if threads < 1:
            raise ValueError(f"threads: {threads} is less than 1")
        self.voice, self.speed, self.threads = voice, speed, threads
        self.others = tuple(others or ())

    def load(self) -> None:
        """Open the voices and their dictionaries. Raises ModelUnavailable offline, for voices that a hub keeps."""
        import hibari
        from hibari import dsp, voices
        from hibari.g2p import G2P

        assets = Path(voices.ASSETS)
        fronts = {british: G2P(british=british) for british in {_british(name) for name in (self.voice, *self.others)}}
        self._voices = {
            name: _Voice(self._open(assets, name), fronts[_british(name)])
            for name in dict.fromkeys((self.voice, *self.others))
        }
        self._symbols: dict[str, int] = json.loads((assets / "vocab.json").read_text(encoding="utf-8"))
        self._sentences = hibari.Hibari.split_sentences
        self._synthesise = dsp.synth
        # The first call allocates, and a word that no dictionary has opens the network that guesses at such words.
        for name in self._voices:
            for _ in self.speak("Parley zyxwer.", Context(voice=name)):
                pass

    def speak(self, text: str, context: Context = DEFAULT) -> Iterator[Voiced]:
        """Speak a sentence at a time; nothing where `text` holds no word in Latin letters or digits."""
        rate = context.dialogue.manner.rate
        voice = self._voices.get(context.voice) or self._voices[self.voice]
        for sentence in self._sentences(readable(text)):
            for phonemes in chunks(voice.phonemes(sentence), LONGEST):
                symbols = [symbol for symbol in phonemes if symbol in self._symbols]
                if not PAUSES.issuperset(symbols):
                    yield self._voiced(symbols, voice, float(np.clip(self.speed * rate, *SPEEDS)))

    def _voiced(self, symbols: list[str], voice: _Voice, speed: float) -> Voiced:
        """The sound of `symbols`, from the first audible frame to the last."""
        ids = [0, *(self._symbols[symbol] for symbol in symbols), 0]
        feeds = {"ids": np.array([ids]), "speed": np.array([speed], np.float32)}
        *spectrum, durations = voice.network.run(None, feeds)
        parts = [part[0] for part in spectrum]  # five of shape (601, frames), then the pitch, shape (frames,)
        first, last = audible(np.maximum(parts[2], parts[3]))  # the noise and the free-phase branch
        # The outermost frames of an inverse transform are incomplete, so a few more are made and cut off again.
        begin, end = max(first - REACH, 0), min(last + REACH, parts[0].shape[1])
        # The seed of the noise is fixed, so that the same words always sound the same.
        samples: Samples = self._synthesise(*(part[..., begin:end] for part in parts), np.random.default_rng(0))
        samples = samples[(first - begin) * HOP : (last - begin) * HOP]
        frames = np.concatenate([[0], np.cumsum(durations * SPAN)]) - LEAD - first
        edges = (frames * HOP / self.sample_rate).tolist()
        return Voiced(samples, self.sample_rate, align([" ", *symbols, " "], edges, samples, self.sample_rate))

    def _open(self, assets: Path, name: str) -> Any:
        return open_network(expose_durations(_read(assets, name)), self.threads, f"a voice of hibari's design: {name}")


@dataclass(frozen=True, slots=True)
class _Voice:
    """One voice that was opened."""

    network: Any
    phonemes: Callable[[str], str]
    """The front end of its accent."""


def _known(name: str) -> dict[str, Any] | None:
    """What the package says of one of its own voices; None for others."""
    from hibari import voices

    found: dict[str, Any] | None = voices.VOICES.get(name)
    return found


def _british(name: str) -> bool:
    known = _known(name)
    return bool(known and known["british"])


def _read(assets: Path, name: str) -> bytes:
    """The bytes of a voice's network."""
    known = _known(name)
    if known is None:
        return locate(name).read_bytes()
    path = assets / known["file"] if known.get("bundled") else locate(HUB + known["file"])
    network = path.read_bytes()
    if hashlib.sha256(network).hexdigest() != known["sha256"]:
        raise ModelCorrupt(f"{path}: not the SHA-256 of hibari's voice {name!r}; remove the file and try again")
    return network


def expose_durations(network: bytes) -> bytes:
    """Make the tensor of phoneme durations the last output of the network: shape (ids,), in units of 25 ms.

    In protocol buffers, serialised messages put together are the merged message (encoding guide, "Last One Wins"). So a
    ModelProto {graph: {output: ValueInfoProto}} is appended."""
    tensor_of_floats = _message(1, b"\x08\x01")
    value = _message(1, b"/Clip_output_0") + _message(2, tensor_of_floats)
    return network + _message(7, _message(12, value))


def _message(number: int, payload: bytes) -> bytes:
    """A length-delimited field of a protocol buffer. `number` is below 16 and `payload` below 128 bytes: a byte for
    each."""
    return bytes([number << 3 | 2, len(payload)]) + payload


def readable(text: str) -> str:
    """`text` with a space in place of everything that the English front end would skip or misread.

    The front end turns letters of other scripts into noise, so only Latin letters stay."""
    return "".join(char if _is_readable(char) else " " for char in unicodedata.normalize("NFKC", text))


def _is_readable(char: str) -> bool:
    if char.isascii():
        return char.isprintable() or char == "\n"
    category = unicodedata.category(char)
    if category.startswith("L"):
        return "LATIN" in unicodedata.name(char, "")
    return category[0] in "PS" and category != "So"


def audible(magnitudes: NDArray[np.float32]) -> tuple[int, int]:
    """The first frame to keep, and the frame after the last. `magnitudes` are logarithmic, shape (bins, frames)."""
    heard = np.flatnonzero(magnitudes.max(axis=0) > AUDIBLE)
    if not heard.size:
        return 0, magnitudes.shape[1]
    return max(int(heard[0]) - REACH, 0), min(int(heard[-1]) + REACH + 1, magnitudes.shape[1])


def chunks(phonemes: str, longest: int) -> Iterator[str]:
    """Cut phonemes that are too long for one call, if possible after punctuation, else between words, else anywhere."""
    while len(phonemes) > longest:
        cut = max(phonemes.rfind(mark, 0, longest) for mark in (", ", "; ", ": ", "— ")) + 1
        cut = cut or phonemes.rfind(" ", 0, longest) + 1 or longest
        yield phonemes[:cut]
        phonemes = phonemes[cut:]
    yield phonemes
