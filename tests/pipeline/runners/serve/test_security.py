"""The access: users, origins and hosts."""

from __future__ import annotations

from pathlib import Path

import pytest

from models.context import ANYBODY, User
from pipeline.runners.serve.refusal import Refused
from pipeline.runners.serve.security import AccessControl, bearer, host_of
from pipeline.runners.serve.tokens import SHORTEST, Secret, issue

SECRET = b"s" * SHORTEST
TOKEN = issue(SECRET, "ada", 3600)
STRANGE = issue(b"o" * SHORTEST, "ada", 3600)


def access(*, required: bool = False, origins: tuple[str, ...] = (), default: str = "") -> AccessControl:
    return AccessControl(Secret(Path("nowhere"), SECRET), required=required, origins=origins, default=default)


def test_without_a_need_for_tokens_users_are_who_they_say() -> None:
    assert access().user("", "ada") == User("ada")
    assert access().user("", "  ") == ANYBODY
    assert access(default="kiosk").user("") == User("kiosk")


def test_a_token_tells_better_than_a_claim() -> None:
    assert access().user(TOKEN, "eve") == access(required=True).user(TOKEN, "eve") == User("ada")


def test_a_token_that_is_none_of_ours_is_refused_even_where_none_is_needed() -> None:
    with pytest.raises(Refused) as refused:
        access().user(STRANGE)
    assert refused.value.code == "unauthorised"


def test_keys_for_other_servers_are_no_tokens() -> None:
    assert access().user("sk-0123456789", "ada") == User("ada")
    with pytest.raises(Refused):
        access(required=True).user("sk-0123456789", "ada")


def test_where_tokens_are_needed_their_lack_is_told_with_the_remedy() -> None:
    with pytest.raises(Refused, match="parley token create"):
        access(required=True).user("", "ada")


def test_a_secret_that_cannot_be_read_lets_nobody_in(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    tmp_path.joinpath("secret").write_text("short")
    with pytest.raises(Refused) as refused:
        AccessControl(Secret(tmp_path / "secret"), required=True).user(TOKEN)
    assert str(tmp_path) not in str(refused.value)
    assert str(tmp_path) in caplog.text


@pytest.mark.parametrize("name", ["two\nlines", "x" * 201])
def test_what_is_no_name_is_refused(name: str) -> None:
    with pytest.raises(Refused, match="printable") as refused:
        access().user("", name)
    assert refused.value.code == "not-understood"


@pytest.mark.parametrize(
    ("origin", "host", "may"),
    [
        (None, "localhost:8088", True),
        ("http://localhost:8088", "localhost:8088", True),
        ("HTTP://LOCALHOST:8088", "localhost:8088", True),
        ("https://avatar.example", "avatar.example", True),
        ("http://localhost:3000", "localhost:8088", False),
        ("http://evil.example", "localhost:8088", False),
        ("http://localhost:8088.evil.example", "localhost:8088", False),
        ("null", "null", False),
        ("", "", False),
        ("file://", "", False),
        ("chrome-extension://localhost:8088", "localhost:8088", False),
        ("https://friend.example", "localhost:8088", True),
        ("https://friend.example.evil", "localhost:8088", False),
        ("http://friend.example", "localhost:8088", False),
    ],
)
def test_pages_of_the_same_origin_and_of_those_that_are_named_may_speak(
    origin: str | None, host: str, may: bool
) -> None:
    assert access(origins=("https://Friend.example/",)).allows(origin, host) is may


@pytest.mark.parametrize(
    ("host", "known"),
    [
        ("localhost:8088", True),
        ("LOCALHOST", True),
        ("127.0.0.1:1", True),
        ("[::1]:8088", True),
        ("friend.example", True),
        ("rebound.example:8088", False),
        ("localhost.evil.example", False),
        ("127.0.0.1.evil.example", False),
        ("", False),
        ("[", False),
    ],
)
def test_without_tokens_only_names_of_this_machine_are_answered_to(host: str, known: bool) -> None:
    assert access(origins=("https://friend.example",)).knows(host) is known
    assert access(required=True).knows(host)


def test_hosts_and_bearers_are_read() -> None:
    assert [host_of(at) for at in ("A.example:80", "[::1]:80", "::", "")] == ["a.example", "::1", "", ""]
    assert [bearer(header) for header in ("Bearer  abc", "bearer abc", "Basic abc", "")] == ["abc", "abc", "", ""]
