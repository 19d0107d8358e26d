"""The certificate that encrypts connections; it can be renewed while the server runs."""

from __future__ import annotations

import logging
import ssl
from pathlib import Path
from typing import TypeAlias

from pipeline.devices.files.paths import shown
from pipeline.runners.serve.http_server import CannotListen

log = logging.getLogger(__name__)

Stamp: TypeAlias = tuple[tuple[int, int], ...]
"""For each file its identity and the time it was written, in nanoseconds."""


class Certificate:
    """A certificate with its private key, read again when a connection arrives and the files have changed.

    Where new files cannot be used, the log says why, and the old ones stay in use until the files change again."""

    def __init__(self, certificate: Path, key: Path | None) -> None:
        """Read two PEM files, or one that holds both. Raises CannotListen."""
        self._certificate, self._key = certificate, key
        self._stamp = self._stamped()
        self.context = self._latest = open_certificate(certificate, key)
        """The context for a listener; each connection uses the latest certificate instead."""
        self.context.sni_callback = self._choose

    def _choose(self, connection: ssl.SSLSocket | ssl.SSLObject, _name: str | None, _context: object) -> None:
        """Give a connection the latest certificate. OpenSSL calls this at each handshake, whether or not the client
        names the server."""
        if (stamp := self._stamped()) != self._stamp:
            self._stamp = stamp
            try:
                self._latest = open_certificate(self._certificate, self._key)
            except CannotListen as error:
                log.error("the certificate is not renewed: %s", error)
        connection.context = self._latest

    def _stamped(self) -> Stamp:
        """Return an empty stamp where a file is missing, as it may be for a moment."""
        try:
            found = [path.stat() for path in (self._certificate, self._key) if path]
        except OSError:
            return ()
        return tuple((each.st_ino, each.st_mtime_ns) for each in found)


def open_certificate(certificate: Path, key: Path | None) -> ssl.SSLContext:
    """Return a context with the certificate. Raises CannotListen."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    try:
        # Without a password of its own, OpenSSL would ask the terminal for that of an encrypted key.
        context.load_cert_chain(certificate, key, password="")
    except FileNotFoundError as error:
        missing = next((path for path in (certificate, key) if path and not path.exists()), certificate)
        raise CannotListen(f"{shown(missing)}: no such file; give --tls-cert and --tls-key PEM files") from error
    except ssl.SSLError as error:
        files = " and ".join(shown(path) for path in (certificate, key) if path)
        raise CannotListen(
            f"{files}: no certificate with its own private key, in PEM, without a password ({error.reason or error})"
        ) from error
    except OSError as error:
        raise CannotListen(f"{shown(error.filename or certificate)}: cannot be read: {error.strerror}") from error
    return context
