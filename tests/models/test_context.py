from __future__ import annotations

import pytest

from models.context import ANYBODY, DEFAULT, Context, User, guest, known_as, recorded_user


@pytest.mark.parametrize("name", ["", None, "guest"])
def test_who_says_no_name_is_anybody(name: str | None) -> None:
    assert known_as(name) == ANYBODY
    assert ANYBODY.guest


@pytest.mark.parametrize("name", ["ada", "guestavo", "guest-of-honour", "Guest"])
def test_a_name_is_never_searched_for_a_guest(name: str) -> None:
    assert known_as(name) == User(name)
    assert not known_as(name).guest


def test_guests_are_different_users() -> None:
    assert guest("1") != guest("2")
    assert guest("1").guest
    assert guest("1") != known_as("guest-1"), "somebody who took that name is not this guest"


def test_old_journals_told_guests_by_their_names() -> None:
    assert [recorded_user(name).guest for name in ("guest", "guest-1f", "guestavo", "ada")] == [True, True, True, False]


def test_the_answer_is_in_the_language_that_was_spoken_if_the_graph_speaks_it() -> None:
    both = Context("en", ("en", "zh"))
    assert [both.answered_in(spoken) for spoken in ("zh", "en", "fr")] == ["zh", "en", "en"]
    assert both.speaking("zh") == Context("zh", ("en", "zh"))
    assert DEFAULT.answered_in("zh") == "en"
