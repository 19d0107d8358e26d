"""What a server is told."""

from __future__ import annotations

from pathlib import Path

import pytest

from pipeline.runners.serve.settings import Address, Settings, WrongSetting, read_duration, read_wyoming


@pytest.mark.parametrize(
    ("text", "address"),
    [
        ("10300", Address("127.0.0.1", 10300)),
        ("0.0.0.0:10300", Address("0.0.0.0", 10300)),
        ("[::1]:0", Address("::1", 0)),
        ("home.example:1", Address("home.example", 1)),
    ],
)
def test_addresses_are_read(text: str, address: Address) -> None:
    assert read_wyoming(text) == address


@pytest.mark.parametrize("text", ["", "x", "65536", ":1", "::1:80", "a:b", "-1", "1:2:3"])
def test_what_is_no_address_is_told_what_is(text: str) -> None:
    with pytest.raises(WrongSetting, match="expected a port"):
        read_wyoming(text)


@pytest.mark.parametrize("host", ["127.0.0.1", "127.9.9.9", "::1", "localhost"])
def test_on_this_machine_tokens_are_a_choice(host: str) -> None:
    assert not Settings(Address(host)).tokens_required
    assert not Settings(Address(host)).hints("http://x/")
    assert Settings(Address(host), require_token=True).tokens_required


@pytest.mark.parametrize("host", ["0.0.0.0", "::", "", "10.0.0.1", "home.example"])
def test_beyond_this_machine_tokens_are_required_and_https_is_wise(host: str) -> None:
    assert Settings(Address(host)).tokens_required
    tls, token = Settings(Address(host)).hints("http://x/")
    assert "--tls-cert" in tls
    assert "http://x/#token=" in token
    assert Settings(Address(host), certificate=Path("c")).hints("https://x/") == (token.replace("http:", "https:"),)


def test_urls_are_what_a_browser_takes() -> None:
    assert Settings(Address("::1", 0)).url(7) == "http://[::1]:7/"
    assert Settings(Address("0.0.0.0"), certificate=Path("c")).url(7) == "https://localhost:7/"


def test_durations_are_read() -> None:
    assert [read_duration(text) for text in ("90s", "45m", "12h", "30d", "4w")] == [90, 2700, 43200, 2592000, 2419200]
    for text in ("", "30", "0d", "-1d", "1y", "1.5h", "99999w", "١d"):
        with pytest.raises(WrongSetting, match="such as 90s"):
            read_duration(text)


def test_what_does_not_fit_together_is_refused_with_the_remedy() -> None:
    with pytest.raises(WrongSetting, match="without --tls-cert"):
        Settings(key=Path("key.pem"))
    for origin in ("example.org", "https://example.org/path", "ftp://example.org", "*", "https://user@example.org"):
        with pytest.raises(WrongSetting, match="--origin"):
            Settings(origins=(origin,))
    for user in ("ada\nbob", "a" * 201):
        with pytest.raises(WrongSetting, match="--user"):
            Settings(user=user)
    everywhere = Address("0.0.0.0", 10300)
    with pytest.raises(WrongSetting, match="--wyoming-open"):
        Settings(wyoming=everywhere)
    assert Settings(wyoming=everywhere, wyoming_open=True).wyoming == everywhere
