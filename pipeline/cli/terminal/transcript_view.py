"""The words of the user and the avatar, turn by turn, while they are said."""

from __future__ import annotations

from typing import Any, ClassVar

from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Horizontal, Vertical, VerticalScroll
from textual.content import Content
from textual.widgets import Static

from pipeline.packets import Intent, Outcome, Partial, Reply, Transcript
from pipeline.runtime.record import Fate, Record

KEPT = 200
"""The number of turns that are kept to scroll back to."""

HINT = """\
{talk}
To type instead, just begin to type.

Try  [i]How much is a lantern?[/]
     [i]Take me to the library.[/]
     [i]Tell me a story.[/]"""
PUSH_TO_TALK = HINT.format(talk="Hold [b]space[/] and speak. Or tap it, speak, and tap it again.")
HANDS_FREE = HINT.format(talk="Just speak.")


class Row(Horizontal):
    """A speaker and their words; hidden while there are none."""

    def __init__(self, who: str, kind: str) -> None:
        super().__init__(classes=f"row {kind}")
        self._who = who
        self._what = Static("", classes="what")
        self.display = False

    def compose(self) -> ComposeResult:
        yield Static(self._who, classes="who", markup=False)
        yield self._what

    def put(self, what: Content | str) -> None:
        """Replace the words."""
        content = Content(what) if isinstance(what, str) else what
        self.display = bool(content.plain)
        self._what.update(content)


class TurnView(Vertical):
    """One turn: the user's words, the intent, and the answer as it is heard."""

    def __init__(self) -> None:
        super().__init__(classes="turn")
        self._user, self._meant = Row("you", "user"), Row("", "meant")
        self._avatar, self._error = Row("avatar", "avatar"), Row("", "error")
        self._intent = self._outcome = self._reply = self._heard = ""

    def compose(self) -> ComposeResult:
        yield from (self._user, self._meant, self._avatar, self._error)

    def take(self, packet: Any) -> None:
        """Show a packet that a stage gave."""
        match packet:
            case Partial(text=text) if text:
                self._user.put(Content.styled(f"{text} …", "dim italic"))
            case Transcript(text=text):
                self._user.put(text or Content.styled("(no words)", "dim italic"))
            case Intent(name=name, slots=slots):
                self._intent = " ".join([name, *(f"{slot}={value}" for slot, value in slots.items())])
                self._show_meant()
            case Outcome(status=status, actions=actions):
                self._outcome = ", ".join([status, *(action.kind for action in actions)])
                self._show_meant()
            case Reply(text=text):
                self._reply += text
                self._show_reply()
            case _:
                pass

    def hear(self, words: str) -> bool:
        """Mark these words of the answer as heard; returns False where they belong to another answer."""
        if not words or not self._reply.startswith(words):
            return False
        if words != self._heard:
            self._heard = words
            self._show_reply()
        return True

    def close(self, record: Record) -> None:
        """Show the result of the turn."""
        if record.fate is Fate.INTERRUPTED:
            cut = Content.styled("— interrupted", "dim italic")
            self._avatar.put(Content(f"{record.heard.rstrip()} ".lstrip()) + cut)
        else:
            self._avatar.put(record.heard or record.reply)
        if record.error:
            self._error.put(f"✗ {str(record.error).splitlines()[0]}")

    def _show_meant(self) -> None:
        self._meant.put(Content.styled(" → ".join(filter(None, (self._intent, self._outcome))), "dim"))

    def _show_reply(self) -> None:
        """The words that were heard and those to come; none of an answer that is only prepared."""
        if self._heard:
            self._avatar.put(Content.assemble(self._heard, (self._reply[len(self._heard) :], "dim")))


class TranscriptView(VerticalScroll):
    """The turns of a session, the latest at the bottom. It follows new turns unless the user has scrolled up."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("space", "app.talk", "talk"),
        Binding("tab", "app.switch", "type"),
    ]

    def __init__(self, *, hands_free: bool) -> None:
        super().__init__()
        self._hint = Static(HANDS_FREE if hands_free else PUSH_TO_TALK, classes="hint")
        self._turns: dict[str, TurnView] = {}
        self._live: dict[str, TurnView] = {}

    def compose(self) -> ComposeResult:
        yield self._hint

    def begin(self, turn: str) -> None:
        """Begin a turn."""
        if self._hint.display:
            self._hint.display = False
            self.anchor()
        self._turns[turn] = self._live[turn] = view = TurnView()
        self.mount(view)
        if len(self._turns) > KEPT:
            self._drop(next(iter(self._turns)))

    def take(self, turn: str, packet: Any) -> None:
        """Show a packet that a stage gave in that turn."""
        if view := self._live.get(turn):
            view.take(packet)

    def hear(self, words: str) -> None:
        """Mark the words that were heard of the answer that sounds; other answers may be prepared meanwhile."""
        for view in self._live.values():
            if view.hear(words):
                break

    def end(self, record: Record) -> None:
        """End a turn; a turn of which nothing was heard is removed."""
        view = self._live.pop(record.turn, None)
        if record.fate in (Fate.SUPERSEDED, Fate.DROPPED):
            self._drop(record.turn)
        elif view:
            view.close(record)

    def _drop(self, turn: str) -> None:
        self._live.pop(turn, None)
        if view := self._turns.pop(turn, None):
            view.remove()
