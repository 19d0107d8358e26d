"""Package registries on loopback, small but speaking the real protocols, for the ordinary clients to fetch from."""

from __future__ import annotations

import base64
import hashlib
import io
import json
import os
import tarfile
import threading
import zipfile
from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import unquote

import pytest

from models.store.catalogue import Catalog, Entry

Page = tuple[bytes, dict[str, str]]
"""A body and its headers."""


class Registry:
    """Serves pages by path, and counts who asked for what."""

    def __init__(self) -> None:
        self.pages: dict[str, Page] = {}
        self.hits: Counter[str] = Counter()
        """GET requests by path."""
        self.stalled: dict[str, threading.Event] = {}
        """Paths of which only half is sent before the event is set."""
        self.url = ""

    @contextmanager
    def serve(self) -> Iterator[Registry]:
        server = ThreadingHTTPServer(("127.0.0.1", 0), _handler(self))
        server.daemon_threads = True
        self.url = f"http://127.0.0.1:{server.server_port}"
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05})
        thread.start()
        try:
            yield self
        finally:
            for event in self.stalled.values():
                event.set()
            server.shutdown()
            thread.join()
            server.server_close()

    def add(self, path: str, body: bytes, **headers: str) -> None:
        self.pages[path] = (body, {name.replace("_", "-"): value for name, value in headers.items()})

    def stall(self, path: str) -> threading.Event:
        self.stalled[path] = threading.Event()
        return self.stalled[path]

    # --- a Python package index (the simple repository API) ----------------------------------------------------------

    def add_wheel(
        self, name: str, members: Mapping[str, bytes], *, version: str = "1.0", tag: str = "py3-none-any"
    ) -> str:
        """Publish a wheel; the path that it is downloaded from."""
        stem = name.replace("-", "_")
        file = f"{stem}-{version}-{tag}.whl"
        info = f"{stem}-{version}.dist-info"
        extra = {
            f"{info}/METADATA": f"Metadata-Version: 2.1\nName: {name}\nVersion: {version}\n".encode(),
            f"{info}/WHEEL": f"Wheel-Version: 1.0\nGenerator: test\nRoot-Is-Purelib: true\nTag: {tag}\n".encode(),
            f"{info}/RECORD": b"",
        }
        body = io.BytesIO()
        with zipfile.ZipFile(body, "w") as wheel:
            for member, data in {**members, **extra}.items():
                wheel.writestr(member, data)
        self.add(f"/files/{file}", body.getvalue(), Content_Type="application/octet-stream")
        link = f'<!DOCTYPE html><html><body><a href="{self.url}/files/{file}">{file}</a></body></html>'
        self.add(f"/simple/{name}/", link.encode(), Content_Type="text/html")
        return f"/files/{file}"

    # --- an npm registry ---------------------------------------------------------------------------------------------

    def add_npm(self, name: str, members: Mapping[str, bytes | tarfile.TarInfo], *, version: str = "1.0.0") -> None:
        manifest = {"name": name, "version": version}
        body = io.BytesIO()
        with tarfile.open(fileobj=body, mode="w:gz") as tarball:
            for member, data in {"package/package.json": json.dumps(manifest).encode(), **members}.items():
                if isinstance(data, tarfile.TarInfo):
                    tarball.addfile(data)
                else:
                    info = tarfile.TarInfo(member)
                    info.size = len(data)
                    tarball.addfile(info, io.BytesIO(data))
        packed = body.getvalue()
        path = f"/{name}/-/{name}-{version}.tgz"
        integrity = "sha512-" + base64.b64encode(hashlib.sha512(packed).digest()).decode()
        manifest |= {"dist": {"tarball": self.url + path, "integrity": integrity}}  # type: ignore[dict-item]
        packument = {"name": name, "dist-tags": {"latest": version}, "versions": {version: manifest}}
        self.add(path, packed)
        self.add(f"/{name}", json.dumps(packument).encode(), Content_Type="application/json")

    # --- a model hub -------------------------------------------------------------------------------------------------

    def add_repository(self, name: str, files: Mapping[str, bytes], *, commit: str = "c" * 40) -> None:
        info = {"id": name, "sha": commit, "siblings": [{"rfilename": file} for file in files]}
        tree = [{"type": "file", "path": file, "size": len(data), "oid": "0" * 40} for file, data in files.items()]
        for revision in ("main", commit):
            self.add(f"/api/models/{name}/revision/{revision}", json.dumps(info).encode())
            self.add(f"/api/models/{name}/tree/{revision}", json.dumps(tree).encode())
            for file, data in files.items():
                etag = f'"{hashlib.sha256(data).hexdigest()}"'
                self.add(f"/{name}/resolve/{revision}/{file}", data, ETag=etag, X_Repo_Commit=commit)
        self.add(f"/api/models/{name}", json.dumps(info).encode())


def _handler(registry: Registry) -> Callable[..., BaseHTTPRequestHandler]:
    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_GET(self) -> None:
            self._answer(with_body=True)

        def do_HEAD(self) -> None:
            self._answer(with_body=False)

        def _answer(self, *, with_body: bool) -> None:
            path = unquote(self.path.partition("?")[0])
            registry.hits[path] += with_body
            found = registry.pages.get(path)
            missing = "RepoNotFound" if path.startswith("/api/") else "EntryNotFound"  # as the hub says it
            body, headers = found or (b"{}", {"Content-Type": "application/json", "X-Error-Code": missing})
            self.send_response(200 if found else 404)
            for name, value in {"Content-Length": str(len(body)), **headers}.items():
                self.send_header(name, value)
            self.end_headers()
            if with_body:
                try:
                    self._send(path, body)
                except OSError:
                    self.close_connection = True  # the client was killed, as some tests want

        def _send(self, path: str, body: bytes) -> None:
            if event := registry.stalled.get(path):
                self.wfile.write(body[: len(body) // 2])
                self.wfile.flush()
                event.wait()
                body = body[len(body) // 2 :]
            self.wfile.write(body)

        def log_message(self, format: str, *args: object) -> None:
            pass

    return Handler


def model(name: str, files: Mapping[str, tuple[bytes, Sequence[str | Sequence[str]]]]) -> Entry:
    """A catalogue entry for files, each with its content and its sources."""
    return Entry.model_validate(
        {
            "name": name,
            "purpose": "a test",
            "step": "asr",
            "languages": ["en"],
            "licence": "MIT",
            "files": [
                {"path": path, "size": len(data), "sha256": hashlib.sha256(data).hexdigest(), "sources": sources}
                for path, (data, sources) in files.items()
            ],
        }
    )


def catalog(*entries: Entry) -> Catalog:
    return Catalog({entry.name: entry for entry in entries})


UNREACHABLE = "http://127.0.0.1:9"
"""Nobody listens on the port of the discard protocol."""


def point_clients_at(monkeypatch: pytest.MonkeyPatch, url: str) -> None:
    """Make pip and npm ask the registry at `url`, whatever this machine is configured for."""
    for name in ("PIP_FIND_LINKS", "PIP_EXTRA_INDEX_URL", "PIP_NO_INDEX"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("PIP_CONFIG_FILE", os.devnull)
    monkeypatch.setenv("PIP_INDEX_URL", f"{url}/simple/")
    monkeypatch.setenv("PIP_RETRIES", "1")
    monkeypatch.setenv("npm_config_registry", url)
    monkeypatch.setenv("npm_config_fetch_retries", "0")
    monkeypatch.setenv("HF_ENDPOINT", url)
