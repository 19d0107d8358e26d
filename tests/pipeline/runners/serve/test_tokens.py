"""Tokens: what they are made of, and what is not one."""

from __future__ import annotations

import base64
import json
import os
import stat
import time
from pathlib import Path
from typing import Any

import jwt
import pytest

from pipeline.runners.serve.tokens import (
    AUDIENCE,
    SHORTEST,
    SKEW,
    BadName,
    Secret,
    SecretUnusable,
    TokenExpired,
    TokenInvalid,
    issue,
    user_of,
)

SECRET = b"s" * SHORTEST
OTHER = b"o" * SHORTEST


def signed(secret: bytes = SECRET, algorithm: str = "HS256", **claims: Any) -> str:
    whole = {"sub": "ada", "aud": AUDIENCE, "exp": time.time() + 3600, **claims}
    return jwt.encode({name: value for name, value in whole.items() if value is not None}, secret, algorithm)


def part(value: Any) -> str:
    return base64.urlsafe_b64encode(json.dumps(value).encode()).rstrip(b"=").decode()


def test_a_token_says_who_its_user_is() -> None:
    token = issue(SECRET, " Ada Lovelace ", 60)
    assert user_of(token, SECRET) == "Ada Lovelace"


@pytest.mark.parametrize("name", ["", "  ", "two\nlines", "x" * 201, "bell\a"])
def test_what_is_no_name_gets_none(name: str) -> None:
    with pytest.raises(BadName, match="expected a user's name"):
        issue(SECRET, name, 60)


def test_an_expired_token_says_so_and_clocks_may_differ() -> None:
    assert user_of(signed(exp=time.time() - SKEW / 2), SECRET) == "ada"
    with pytest.raises(TokenExpired, match=r"has expired.*parley token create"):
        user_of(signed(exp=time.time() - 2 * SKEW), SECRET)


NOBODYS = {
    "another secret": signed(OTHER),
    "another secret, expired": signed(OTHER, exp=time.time() - 1000),
    "another algorithm": signed(b"s" * 64, "HS512"),
    "no algorithm": f"{part({'alg': 'none', 'typ': 'JWT'})}.{part({'sub': 'ada', 'aud': AUDIENCE, 'exp': 9e9})}.",
    "no algorithm, signed": f"{part({'alg': 'none'})}.{'.'.join(signed().split('.')[1:])}",
    "truncated": signed()[:-3],
    "nothing behind the dots": "..",
    "no token": "sesame",
    "no user": signed(sub=None),
    "a number for a user": signed(sub=7),
    "no end": signed(exp=None),
    "another audience": signed(aud="elsewhere"),
    "no audience": signed(aud=None),
    "not yet": signed(nbf=time.time() + 1000),
}


def test_nobody_is_told_what_is_wrong_with_a_token_that_was_never_good() -> None:
    messages = set()
    for token in NOBODYS.values():
        with pytest.raises(TokenInvalid) as caught:
            user_of(token, SECRET)
        assert not isinstance(caught.value, TokenExpired)
        messages.add(str(caught.value))
    with pytest.raises(TokenInvalid) as caught:
        user_of(signed(), None)
    assert messages == {str(caught.value)}


def test_a_changed_user_breaks_the_signature() -> None:
    head, _, signature = signed().split(".")
    forged = f"{head}.{part({'sub': 'eve', 'aud': AUDIENCE, 'exp': time.time() + 60})}.{signature}"
    with pytest.raises(TokenInvalid):
        user_of(forged, SECRET)


def test_the_first_use_makes_a_secret_for_its_owner_alone(tmp_path: Path) -> None:
    secret = Secret(tmp_path / "new" / "secret")
    assert secret.read() is None
    made = secret.make()
    assert len(made) >= SHORTEST
    assert secret.make() == secret.read() == made
    assert stat.S_IMODE(secret.path.stat().st_mode) == 0o600
    assert os.listdir(secret.path.parent) == ["secret"]


def test_a_new_secret_ends_all_tokens_at_once(tmp_path: Path) -> None:
    secret = Secret(tmp_path / "secret")
    token = issue(secret.make(), "ada", 3600)
    assert user_of(token, secret.read()) == "ada"
    secret.renew()
    with pytest.raises(TokenInvalid):
        user_of(token, secret.read())
    assert os.listdir(tmp_path) == ["secret"]


def test_the_environment_s_secret_is_not_ours_to_renew(tmp_path: Path) -> None:
    secret = Secret(tmp_path / "secret", SECRET)
    assert secret.make() == SECRET
    assert not secret.path.exists()
    with pytest.raises(SecretUnusable, match="PARLEY_SECRET"):
        secret.renew()


@pytest.mark.parametrize("written", [b"", b"short", b"\n" * 64])
def test_a_secret_that_can_be_guessed_is_refused(tmp_path: Path, written: bytes) -> None:
    (tmp_path / "secret").write_bytes(written)
    with pytest.raises(SecretUnusable, match="expected 32 or more"):
        Secret(tmp_path / "secret").read()


def test_a_place_that_cannot_be_written_is_named_with_the_other_way(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    with pytest.raises(SecretUnusable, match=r"cannot be (read|written).*"):
        Secret(tmp_path / "file" / "secret").make()
