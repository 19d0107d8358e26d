"""The terminal interface of a conversation: its state, its words, the microphone's level, and the latency by steps."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Coroutine
from typing import Any, ClassVar, TypeAlias

from textual import events
from textual.app import App, ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Container, Horizontal
from textual.driver import Driver
from textual.markup import escape
from textual.widgets import Footer, Input, Static

from pipeline.cli.terminal.level_meter import LevelMeter
from pipeline.cli.terminal.talk_key import TalkKey
from pipeline.cli.terminal.transcript_view import TranscriptView
from pipeline.cli.terminal.waterfall_view import WaterfallView
from pipeline.errors import PipelineError
from pipeline.packets import Audio
from pipeline.runtime.record import Observer, Record, State
from pipeline.runtime.turn_taking.conversation import Conversation
from pipeline.runtime.waterfall import waterfall
from pipeline.stages.stage import Turn

POLL = 0.05
"""Seconds between two checks of how much of the answer was heard, and of the key that is held."""

SIGNS = {State.IDLE: "○", State.LISTENING: "●", State.THINKING: "◌", State.SPEAKING: "▶"}


Run: TypeAlias = Callable[[], Coroutine[Any, Any, None]]
"""The task that holds the conversation to its end."""


class InputLine(Input):
    """The line in which the user types; there the space bar is a letter."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("enter", "submit", "send"),
        Binding("tab", "app.switch", "back to talking"),
    ]


class TalkApp(App[None], inherit_bindings=False):
    """Shows one session, and passes the user's keys and typed lines to it."""

    CSS_PATH = "talk_app.tcss"
    TITLE = "Parley"
    ENABLE_COMMAND_PALETTE = False
    HORIZONTAL_BREAKPOINTS = [(0, "-narrow"), (80, "-normal"), (110, "-wide")]  # noqa: RUF012  typed so by Textual
    VERTICAL_BREAKPOINTS = [(0, "-low"), (18, "-high")]  # noqa: RUF012
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("space", "talk", "talk"),
        Binding("release_space", "let_go", show=False),
        Binding("escape", "interrupt", "interrupt"),
        Binding("ctrl+q", "quit", "quit", key_display="^q"),
        Binding("ctrl+c", "copy_or_quit", show=False, priority=True),
    ]

    def __init__(self, conversation: Conversation, run: Run) -> None:
        """`run` holds the conversation. The app ends when it ends, and cancels it when the app ends first."""
        super().__init__()
        self.theme = "ansi-dark"
        self._conversation, self._run = conversation, run
        self._graph, self._floor = conversation.session.graph, conversation.floor
        self._key = TalkKey()
        self._state = State.IDLE
        self._notices: dict[str, str] = {}
        self._talking: asyncio.Task[None] | None = None
        self.dialogue = TranscriptView(hands_free=self._floor.policy == "hands-free")
        self.meter, self.waterfall, self.line = (
            LevelMeter(),
            WaterfallView(),
            InputLine(placeholder="type here, or talk", select_on_focus=False, id="line"),
        )
        self._sign, self._notice = Static(id="state"), Static(id="notice", markup=False)

    async def talk(self, *, headless: bool = False) -> None:
        """Show the interface until the user leaves or the conversation ends. Raises the error of the conversation."""
        try:
            await self.run_async(headless=headless)
        finally:
            if self._talking:
                self._talking.cancel()
                await asyncio.wait([self._talking])
        if self._talking and not self._talking.cancelled():
            self._talking.result()

    def get_driver_class(self) -> type[Driver]:
        chosen = super().get_driver_class()
        if chosen.__name__ != "LinuxDriver":  # Windows, a test, or the environment's choice
            return chosen
        from pipeline.cli.terminal.driver import KeyDriver

        return KeyDriver

    def compose(self) -> ComposeResult:
        with Horizontal(id="top"):
            yield Static(f"{self.TITLE} [dim]{escape(self._graph.name)}[/]", id="title")
            yield self._sign
            yield self.meter
        with Container(id="middle"):
            yield self.dialogue
            yield self.waterfall
        yield self._notice
        with Horizontal(id="typing"):
            yield Static("› ", id="prompt")
            yield self.line
        yield Footer(show_command_palette=False)

    def on_mount(self) -> None:
        self.dialogue.focus()
        self.show_state(State.IDLE)
        self.set_interval(POLL, self._poll)
        self._conversation.session.observers.append(Reporter(self))
        self._talking = asyncio.create_task(self._run())
        self._talking.add_done_callback(lambda _: self.exit())

    # --- what the session tells -------------------------------------------------------------------------------------

    def show_state(self, state: State) -> None:
        """Show the avatar's state."""
        self._state = state
        self._sign.update(f"{SIGNS[state]} {state}")
        if state is State.THINKING:
            self._key.stop()

    def show_end(self, record: Record) -> None:
        """Show the result of a turn."""
        self.dialogue.end(record)
        if record.sounded is not None:
            self.waterfall.spans = waterfall(record, self._graph)

    def show_notice(self, subject: str, text: str | None) -> None:
        """Show a notice about a subject, until the notice is None."""
        self._notices.pop(subject, None)
        if text:
            self._notices[subject] = text
        self._notice.display = bool(self._notices)
        self._notice.update("\n".join(f"! {text}" for text in self._notices.values()))

    # --- what the user does -----------------------------------------------------------------------------------------

    def hold(self, talking: bool) -> None:
        """Take the talk key, of the terminal or of the system, that was pressed or released."""
        (self._floor.press if talking else self._floor.release)()

    def action_talk(self) -> None:
        self._follow(self._key.press)

    def action_let_go(self) -> None:
        self._follow(self._key.release)

    def action_interrupt(self) -> None:
        if self._state is State.SPEAKING or not self.line.has_focus:
            self._conversation.interrupt()
        else:
            self.dialogue.focus()

    def action_switch(self) -> None:
        (self.dialogue if self.line.has_focus else self.line).focus()

    def action_copy_or_quit(self) -> None:
        if chosen := self.screen.get_selected_text():
            self.copy_to_clipboard(chosen)
        else:
            self.exit()

    async def on_event(self, event: events.Event) -> None:
        """Pass typed letters to the line, whatever has the focus; only the space bar talks.

        This happens before the event is passed on, so letters that arrive together with the first are typed as well."""
        typed = isinstance(event, events.Key) and event.is_printable and event.character != " "
        if typed or isinstance(event, events.Paste):
            self.screen.set_focus(self.line)
        await super().on_event(event)

    def on_input_submitted(self, event: Input.Submitted) -> None:
        text = event.value.strip()
        self.line.clear()
        if text:
            try:
                self._floor.type(text)
                self.show_notice("typing", None)
            except PipelineError as error:
                self.show_notice("typing", str(error))

    def _poll(self) -> None:
        self._follow(self._key.tick)
        for observer in self._conversation.session.observers:
            if observer.trouble:
                self.show_notice("recording", f"the rest is not recorded: {observer.trouble}")
        if self._state is State.SPEAKING:
            self.dialogue.hear(self._conversation.sink.heard())

    def _follow(self, change: Callable[[float], bool]) -> None:
        before = self._key.talking
        if change(asyncio.get_running_loop().time()) != before:
            self.hold(self._key.talking)


class Reporter(Observer):
    """An observer that shows on the app what happens in a session."""

    def __init__(self, app: TalkApp) -> None:
        self._app = app

    def sound(self, audio: Audio) -> None:
        self._app.meter.hear(audio)

    def state(self, state: State, at: float) -> None:
        self._app.show_state(state)

    def began(self, turn: Turn, at: float) -> None:
        self._app.dialogue.begin(turn.id)

    def crossed(self, turn: str, node: str, packet: Any, at: float) -> None:
        self._app.dialogue.take(turn, packet)

    def ended(self, record: Record, at: float) -> None:
        self._app.show_end(record)
