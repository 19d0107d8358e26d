"""The journal: a session on disk, whole enough to be run again.

    with Journal(folder, header, graph_file) as journal:          # an Observer of the session
        await Session(graph, name, user, observers=[journal]).converse(floor, audio, sink)

    recorded = read_journal(folder)                               # a Recorded
    graph = open_graph(recorded.graph)                            # the graph as it was, overlays and overrides included
    for turn in recorded.turns:                                   # each a RecordedTurn
        for crossing in turn.crossings:
            ...                                                   # a packet comes again if it has crossing.fingerprint

A journal is a folder that only its user may open:

    session.json           `Header`: format, time, user, versions of engines, checksums of models
    graph.yaml             the whole graph; references to the environment stay references, so no secret is written
    events.jsonl           one JSON object a line, in the order in which it happened
    microphone.flac        all sound of the microphone
    NODE-RATE.flac         the sound that a node's packets hold, such as tts-24000.flac

Times are session time, in seconds. The key ``event`` says what a line is, the others are the fields of its class in
`pipeline.runtime.journal.events`:

    {"event": "sound", "start": 0.0, "track": "microphone", "offset": 0}
    {"event": "state", "at": 1.2, "state": "listening"}
    {"event": "began", "at": 1.2, "turn": {"id": "ada/1", "user": "ada", "history": [], "earlier": null, ...}}
    {"event": "crossed", "at": 1.3, "turn": "ada/1", "node": "asr", "type": "Reply", "packet": {"text": "Hello."}}
    {"event": "ended", "at": 4.0, "record": {"turn": "ada/1", "fate": "answered", "heard": "Hello.", ...}}
    {"event": "closed", "stopped": ""}

``sound``: from `start` on, the microphone's sound lies from `offset` samples on in the track, without a break until the
next such line. ``closed``: the last line; `stopped` is empty where the session came to its end, and says why the rest
is missing where the disk was full or too slow. A process that was killed leaves no such line, and perhaps half a one.

A packet's fields are those of its dataclass; maps stand for dataclasses inside it. In the place of samples stands
where they are, ``{"track": "tts-24000", "offset": 4800, "count": 1200, "digest": "9f86d081884c7d65"}``: the digest is
BLAKE2b, 8 bytes, of the samples as little-endian float32. Tracks hold 24 bits: sound that had 16 bits, as microphones
give it, comes back bit by bit and costs no more than in a track of 16 bits, and what comes from a synthesiser or a
filter is off by at most 2^-24; the digest tells whether sound is equal, whatever the track has room for. Sound of the
user that lies in the microphone's track is not stored again. Between packets a track may have some silence, where a
block was filled up.

A turn holds the dialogue before it as ``history``, ``question``, ``focus`` and ``deeds``; the rest of its context lies
beside these. Fields are only ever added: a journal that lacks some was written by an earlier Parley, and a replay does
not compare what that did not record.

What is not stored follows from what is: a record's transcript, intent, outcome, reply, visemes and face from its
packets, `Turn.captions` from its `Partial` packets.

Everything is appended, and handed to the operating system every tenth of a second, sound first; a block of sound that
is not full waits until it is, or until nothing has come for some tenths of a second. A process that dies at any instant
loses less than a second. The reader ends at the first line that is torn or whose sound is not there.
"""

from __future__ import annotations

from pipeline.runtime.journal.codec import digest, fingerprint
from pipeline.runtime.journal.header import EngineUsed, Header, read_header
from pipeline.runtime.journal.reader import Crossing, Recorded, RecordedTurn, read_journal
from pipeline.runtime.journal.writer import Journal, require_new

__all__ = [
    "Crossing",
    "EngineUsed",
    "Header",
    "Journal",
    "Recorded",
    "RecordedTurn",
    "digest",
    "fingerprint",
    "read_header",
    "read_journal",
    "require_new",
]
