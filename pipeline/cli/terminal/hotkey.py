"""A key that works while another window has the focus."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from difflib import get_close_matches
from typing import Any

from pipeline.errors import PipelineError

WITHOUT = "without --ptt-key, space talks while this window has the focus"


class HotkeyFailed(PipelineError):
    """A global key cannot be watched here."""


@contextmanager
def hotkey(name: str, changed: Callable[[bool], object]) -> Iterator[None]:
    """Call back, on a thread of the library, whenever the key ``f8``, ``ctrl_r``, ``pause``, ``v``... goes down or up.

    Raises HotkeyFailed with the reason and the remedy."""
    keyboard = _library()
    wanted = _key(keyboard, name)
    down = False

    def heard(key: Any, now: bool) -> None:
        nonlocal down
        # A held key repeats its press.
        if listener.canonical(key) == listener.canonical(wanted) and now != down:
            down = now
            changed(now)

    listener = keyboard.Listener(on_press=lambda key: heard(key, True), on_release=lambda key: heard(key, False))
    listener.start()
    listener.wait()
    if not listener.is_alive():
        raise HotkeyFailed(f"--ptt-key: the system does not let this program watch the keyboard; {WITHOUT}")
    try:
        yield
    finally:
        listener.stop()  # a daemon thread that is not joined: on X11 it may end only with the next key


def require_key(name: str) -> None:
    """Raises HotkeyFailed where there is no such key, or none can be watched."""
    _key(_library(), name)


def _library() -> Any:
    try:
        from pynput import keyboard
    except ModuleNotFoundError as error:
        raise HotkeyFailed(
            f"--ptt-key: {error.name} is not installed; remedy: pip install 'parley-avatar[hotkey]'"
        ) from error
    except ImportError as error:  # it looks for a display when it is imported
        reason = str(error).strip().splitlines()[0]
        raise HotkeyFailed(
            f"--ptt-key: no keyboard can be watched: {reason}; it needs X11, macOS or Windows; {WITHOUT}"
        ) from error
    return keyboard


def _key(keyboard: Any, name: str) -> Any:
    if len(name) == 1:
        return keyboard.KeyCode.from_char(name)
    keys = [key.name for key in keyboard.Key]
    if name in keys:
        return keyboard.Key[name]
    near = get_close_matches(name, keys, n=1)
    hint = f"did you mean {near[0]!r}?" if near else "expected a letter or a name such as f8, pause, ctrl_r"
    raise HotkeyFailed(f"--ptt-key: no key is called {name!r}; {hint}")
