"""The options of ``parley serve``, checked: where the server listens, and for whom."""

from __future__ import annotations

import ipaddress
import re
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from pipeline.errors import PipelineError
from pipeline.wire.fields import NAME

LOCAL: Final = "127.0.0.1"
PORT: Final = 8088

_ADDRESS = re.compile(r"(?:(?P<bare>[^:\[\]]+):|\[(?P<six>[\da-fA-F:.]+)\]:)?(?P<port>[0-9]{1,5})")
_ORIGIN = re.compile(r"https?://[^/?#@\s]+/?")
_UNITS = {"s": 1, "m": 60, "h": 3600, "d": 86400, "w": 7 * 86400}
_LONGEST: Final = 10 * 365 * 86400


class WrongSetting(PipelineError, ValueError):
    """A server cannot run with these options. The message says which options work."""


@dataclass(frozen=True, slots=True)
class Address:
    """A host and a port at which a server listens."""

    host: str = LOCAL
    port: int = PORT
    """The port; 0 takes a free one."""

    @property
    def local(self) -> bool:
        """Whether only programs on this machine can connect."""
        try:
            return ipaddress.ip_address(self.host).is_loopback
        except ValueError:
            return self.host == "localhost"

    def __str__(self) -> str:
        return f"[{self.host}]:{self.port}" if ":" in self.host else f"{self.host}:{self.port}"


@dataclass(frozen=True, slots=True)
class Settings:
    """The options of a server. Raises WrongSetting."""

    address: Address = Address()
    certificate: Path | None = None
    """A PEM file with the server's certificate and the certificates that vouch for it."""
    key: Path | None = None
    """The certificate's private key; None where the certificate's file holds it."""
    require_token: bool = False
    """Whether tokens are required on this machine too. On other addresses they always are."""
    origins: tuple[str, ...] = ()
    """The origins of other pages that may use this server."""
    user: str = ""
    """The user of clients that do not name one."""
    wyoming: Address | None = None
    wyoming_open: bool = False
    """Whether Wyoming may listen beyond this machine although that protocol has no tokens."""

    def __post_init__(self) -> None:
        if self.key and not self.certificate:
            raise WrongSetting("--tls-key without --tls-cert; give the certificate's file too")
        for origin in self.origins:
            if not _ORIGIN.fullmatch(origin):
                raise WrongSetting(f"--origin: found {origin!r}, expected one such as https://example.org")
        if len(self.user) > NAME or not self.user.isprintable():
            raise WrongSetting(f"--user: a name has up to {NAME} printable characters, on one line")
        if self.wyoming and not self.wyoming.local and not self.wyoming_open:
            raise WrongSetting(
                f"--wyoming {self.wyoming}: the Wyoming protocol knows no tokens, so anyone who gets there can talk; "
                "if that is meant, in a home's own network: --wyoming-open"
            )

    @property
    def tokens_required(self) -> bool:
        """Whether every user needs a token."""
        return self.require_token or not self.address.local

    def url(self, port: int) -> str:
        """Return the URL of the page of a server that got this port."""
        scheme = "https" if self.certificate else "http"
        # A server that listens on all addresses is found under this name on its own machine.
        host = "localhost" if self.address.host in {"0.0.0.0", "::", ""} else self.address.host  # noqa: S104  compared
        return f"{scheme}://{Address(host, port)}/"

    def hints(self, url: str) -> tuple[str, ...]:
        """Return advice for the person who starts a server with these options."""
        found = []
        if not self.address.local and not self.certificate:
            found.append(
                "without TLS, browsers on other machines give the page no microphone and no headset; "
                "give --tls-cert and --tls-key"
            )
        if self.tokens_required:
            found.append(f"users open {url}#token=TOKEN; a token is made by: parley token create --user NAME")
        return tuple(found)


def read_wyoming(text: str) -> Address:
    """Read ``PORT``, for this machine alone, or ``HOST:PORT``. Raises WrongSetting."""
    if not (found := _ADDRESS.fullmatch(text)) or int(found["port"]) > 65535:
        raise WrongSetting(
            f"--wyoming: found {text!r}, expected a port such as 10300, or a host and a port such as 0.0.0.0:10300"
        )
    return Address(found["bare"] or found["six"] or LOCAL, int(found["port"]))


def read_duration(text: str) -> float:
    """Return the seconds of ``90s``, ``45m``, ``12h``, ``30d`` or ``4w``. Raises WrongSetting."""
    found = re.fullmatch(r"([0-9]{1,9})([smhdw])", text)
    seconds = int(found[1]) * _UNITS[found[2]] if found else 0
    if not 0 < seconds <= _LONGEST:
        raise WrongSetting(f"found {text!r}, expected a time up to ten years such as 90s, 45m, 12h, 30d or 4w")
    return float(seconds)
