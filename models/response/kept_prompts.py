"""What llama.cpp has read of a prompt, kept in files, so that a slot gets it back in milliseconds in place of seconds.

A file holds the state of a slot that read the beginning of a conversation, such as a role with its examples, and
nothing that a user said. Its name is made from the model, its options and the text, so a changed prompt is another
file.
"""

from __future__ import annotations

import hashlib
import http.client
import json
import logging
import os
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urlsplit

from models.protocols import Message
from models.store.store import default_root

log = logging.getLogger(__name__)

MOST = 12
"""Files that stay in the folder; those used longest ago are deleted. One is about 30 kB a token."""
PATIENCE = 20.0
"""Seconds to wait for llama.cpp."""


@dataclass
class KeptPrompts:
    """The files of one model's prompts, which llama.cpp writes and reads when it is asked at its loopback port."""

    folder: Path | None
    """Where the files lie; None where none can be written, so that nothing is kept."""
    origin: str
    """What the files depend on beside the text."""
    key: str
    """The key of llama.cpp's port."""
    address: str = ""
    """Its URL, once it listens."""

    def save(self, slot: int, messages: Sequence[Message]) -> None:
        """Keep what a slot has read, which is `messages`."""
        if self.folder is None or not self._ask(slot, "save", messages):
            return
        files = sorted(self.folder.glob("*.state"), key=lambda file: file.stat().st_mtime)
        for file in files[:-MOST]:
            file.unlink(missing_ok=True)

    def has(self, messages: Sequence[Message]) -> bool:
        """Whether what was read of `messages` is kept."""
        return self.folder is not None and (self.folder / self._name(messages)).is_file()

    def restore(self, slot: int, messages: Sequence[Message]) -> bool:
        """Give a slot what was read of `messages`, in place of what it has; False where that is not kept."""
        if self.folder is None or not self.has(messages) or not self._ask(slot, "restore", messages):
            return False
        try:
            os.utime(self.folder / self._name(messages))  # it was used
        except OSError as error:
            log.debug("the time of a kept prompt cannot be set: %s", error)
        return True

    def _ask(self, slot: int, action: str, messages: Sequence[Message]) -> bool:
        """Ask llama.cpp, and say whether it did it. What fails costs time only: the prompt is read again."""
        url = urlsplit(self.address)
        connection = http.client.HTTPConnection(url.hostname or "127.0.0.1", url.port, timeout=PATIENCE)
        headers = {"Authorization": f"Bearer {self.key}", "Content-Type": "application/json"}
        body = json.dumps({"filename": self._name(messages)})
        try:
            connection.request("POST", f"/slots/{slot}?action={action}", body, headers)
            answer = connection.getresponse()
            answer.read()
        except (OSError, http.client.HTTPException) as error:
            log.info("llama.cpp cannot %s a prompt: %s", action, error)
            return False
        finally:
            connection.close()
        if answer.status != http.client.OK:
            log.info("llama.cpp cannot %s a prompt: status %d", action, answer.status)
        return answer.status == http.client.OK

    def _name(self, messages: Sequence[Message]) -> str:
        text = "\0".join([self.origin, *(f"{message.role}\0{message.text}" for message in messages)])
        return f"{hashlib.sha256(text.encode('utf-8', 'surrogatepass')).hexdigest()[:32]}.state"


def prompts_folder() -> Path | None:
    """The folder of the files, which only this user may read; None where it cannot be made or written to."""
    folder = default_root() / "read-prompts"
    try:
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    except OSError as error:
        log.info("%s cannot be made, so every start reads the prompts again: %s", folder, error)
        return None
    return folder if os.access(folder, os.W_OK) else None
