"""Sound at another sample rate, piece by piece."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

import numpy as np

from models.protocols import Samples

if TYPE_CHECKING:
    from av import AudioFrame
    from av.filter import Graph


class Resampler:
    """Resamples a stream of sound from one sample rate to another; its pieces join without a click.

    The last fraction of a millisecond comes with the next piece, or with `flush`. Where both rates are the same, the
    sound is returned as it is."""

    def __init__(self, sample_rate: int, wanted: int) -> None:
        """Both rates are in Hz."""
        self.sample_rate, self.wanted = sample_rate, wanted
        self._graph = self._new()

    def _new(self) -> Graph | None:
        if self.sample_rate == self.wanted:
            return None
        from av.filter import Graph

        graph = Graph()
        graph.threads = 1  # by default each stream has a thread for every core, as in av.AudioResampler
        source = graph.add_abuffer(sample_rate=self.sample_rate, format="flt", layout="mono")
        convert = graph.add("aresample", f"{self.wanted}")
        shape = graph.add("aformat", "sample_fmts=flt:channel_layouts=mono")
        graph.link_nodes(source, convert, shape, graph.add("abuffersink")).configure()
        return graph

    def feed(self, samples: Samples) -> Samples:
        """Resample the next `samples`, shape (n,), to the shape (about n * wanted / sample_rate,)."""
        if self._graph is None or not samples.size:
            return samples
        import av

        frame = av.AudioFrame.from_ndarray(np.ascontiguousarray(samples[np.newaxis]), format="flt", layout="mono")
        frame.sample_rate = self.sample_rate
        self._graph.push(frame)
        return _joined(_pulled(self._graph))

    def flush(self) -> Samples:
        """Return the rest of the sound; a new stream begins with the next `feed`."""
        graph, self._graph = self._graph, self._new()
        if graph is None:
            return _joined(())
        graph.push(None)
        return _joined(_pulled(graph))


class VoiceResampler:
    """Resamples the sound of an answer to one sample rate, also where the voice changes within it."""

    def __init__(self, wanted: int) -> None:
        """`wanted` is in Hz."""
        self._resampler = Resampler(wanted, wanted)

    def feed(self, samples: Samples, sample_rate: int) -> Samples:
        """Resample the next `samples`, shape (n,); at a new `sample_rate`, another voice took over."""
        if sample_rate == self._resampler.sample_rate:
            return self._resampler.feed(samples)
        rest = self._resampler.flush()
        self._resampler = Resampler(sample_rate, self._resampler.wanted)
        return np.concatenate([rest, self._resampler.feed(samples)])

    def flush(self) -> Samples:
        """Return the rest of the sound."""
        return self._resampler.flush()


def _pulled(graph: Graph) -> Iterator[AudioFrame]:
    """Give the frames that a filter graph has ready."""
    import av

    while True:
        try:
            frame = graph.pull()
        except (av.BlockingIOError, av.EOFError):
            return
        assert isinstance(frame, av.AudioFrame)  # noqa: S101  for mypy
        yield frame


def _joined(frames: Iterator[AudioFrame] | tuple[AudioFrame, ...]) -> Samples:
    return np.concatenate([np.zeros(0, np.float32), *(frame.to_ndarray()[0] for frame in frames)])
