from __future__ import annotations

from collections import Counter
from pathlib import Path

import pytest
from dialogue import SUITE
from dialogue_suite import Answer, Judge, Line, State, Verdict, Wanted, read_suite

from models.errors import WrongData

START = State(100, {"map": 1}, "plaza")
KITE = State(90, {"map": 1, "kite": 1}, "plaza")
BOUGHT = Answer(said="You bought a kite.")


def verdicts(*turns: tuple[Line, State], answer: Answer = BOUGHT) -> list[Verdict]:
    judge = Judge(START)
    return [judge.judge(line, answer, after) for line, after in turns]


def line(**world: object) -> Line:
    return Line(say="Buy a kite.", world=Wanted.model_validate(world))


def test_a_turn_of_which_all_holds_is_right() -> None:
    wanted = Line.model_validate(
        {
            "say": "Buy a kite.",
            "reply": ["KITE", "bought|have"],
            "not": ["not sure"],
            "world": {"coins": "90", "items": {"kite": "1", "map": "1"}, "place": "plaza", "timers": "0"},
            "actions": ["inventory"],
        }
    )
    answer = Answer(said="You bought a kite.", actions=("timer", "inventory"))
    assert verdicts((wanted, KITE), answer=answer)[0].right


@pytest.mark.parametrize(
    ("wanted", "told"),
    [
        ({"reply": ["hat"]}, "not said: hat"),
        ({"not": ["kite"]}, "said: kite"),
        ({"actions": ["navigate"]}, "actions none, not navigate"),
    ],
)
def test_words_and_actions_that_are_not_as_expected_are_told(wanted: dict[str, object], told: str) -> None:
    (verdict,) = verdicts((Line.model_validate({"say": "Hello."} | wanted), START))
    assert verdict.told() == [told]
    assert not verdict.right


def test_typographic_apostrophes_are_read_as_plain_ones() -> None:
    wanted = Line(say="Sing.", reply=("can't",))
    assert verdicts((wanted, START), answer=Answer(said="I can’t do that."))[0].right


def test_a_turn_without_an_answer_is_wrong_whatever_it_expects() -> None:
    (verdict,) = verdicts((Line(say="Hello."), START), answer=Answer(failed="nothing was heard"))
    assert verdict.told() == ["nothing was heard"]


def test_what_was_done_unasked_is_a_wrong_deed() -> None:
    (verdict,) = verdicts((line(coins=100, items={"map": 1}), KITE))
    assert verdict.wrong == ["coins 90, not 100", "items {kite: 1, map: 1}, not {map: 1}"]
    assert not verdict.missing


def test_what_was_done_otherwise_is_a_wrong_deed() -> None:
    (verdict,) = verdicts((line(items={"map": 1, "hat": 1}), KITE))
    assert verdict.wrong
    assert not verdict.missing


def test_what_was_not_done_is_a_missing_deed() -> None:
    (verdict,) = verdicts((line(coins=90, items={"map": 1, "kite": 1}), START))
    assert len(verdict.missing) == 2
    assert not verdict.wrong


def test_one_of_two_purchases_is_a_missing_deed() -> None:
    (verdict,) = verdicts((line(items={"map": 1, "kite": 1, "hat": 1}), KITE))
    assert verdict.missing
    assert not verdict.wrong


def test_one_of_two_timers_is_a_missing_deed_and_one_of_two_kites_a_wrong_one() -> None:
    (timer,) = verdicts((line(timers=2), State(100, {"map": 1}, "plaza", timers=1)))
    (kite,) = verdicts((line(items={"map": 1, "kite": 2}), KITE))
    assert (len(timer.missing), len(timer.wrong)) == (1, 0)
    assert (len(kite.missing), len(kite.wrong)) == (0, 1)


def test_a_wrong_walk_is_a_wrong_deed_and_no_walk_a_missing_one() -> None:
    astray = State(100, {"map": 1}, "market")
    (walked,) = verdicts((line(place="library"), astray))
    (stayed,) = verdicts((line(place="library"), START))
    assert walked.wrong
    assert not walked.missing
    assert stayed.missing
    assert not stayed.wrong


def test_what_an_earlier_turn_left_is_blamed_on_that_turn_only() -> None:
    asked, other = line(coins=100), line(coins=97)
    first, second, third = verdicts((asked, KITE), (asked, KITE), (other, State(87, {}, "plaza")))
    assert first.wrong
    assert second.told() == ["still: coins 90, not 100"]
    assert third.told() == ["still: coins 87, not 97"]


def test_deeds_of_turns_that_say_nothing_of_the_world_count_as_meant() -> None:
    walked = State(100, {"map": 1}, "market", timers=1)
    quiet, asked = Line(say="Buy a kite."), line(place="market", timers=1, items={"map": 1}, coins=100)
    assert all(verdict.right for verdict in verdicts((quiet, walked), (asked, walked)))
    _, missed = verdicts((quiet, KITE), (line(coins=88), KITE))
    assert missed.missing
    assert not missed.wrong


def test_the_suite_has_sixty_dialogues_with_names_of_their_own() -> None:
    suite = read_suite(SUITE)
    areas = Counter(dialogue.area for dialogue in suite)
    assert len(suite) >= 60
    assert min(areas.values()) >= 5, areas


def test_a_mistake_in_a_suite_is_told_with_its_line(tmp_path: Path) -> None:
    file = tmp_path / "suite.yaml"
    file.write_text("- name: one\n  area: shop\n  turns:\n    - say: Hello.\n      reply: ['(']\n      word: yes\n")
    with pytest.raises(WrongData) as told:
        read_suite(file)
    assert "suite.yaml:5" in str(told.value)
    assert "not a regular expression" in str(told.value)
    assert "suite.yaml:6" in str(told.value)


def test_two_dialogues_of_one_name_are_refused(tmp_path: Path) -> None:
    (tmp_path / "suite.yaml").write_text("- {name: one, area: shop, turns: [{say: Hello.}]}\n" * 2)
    with pytest.raises(WrongData, match="two dialogues are called 'one'"):
        read_suite(tmp_path)


def test_an_empty_folder_is_refused(tmp_path: Path) -> None:
    with pytest.raises(WrongData, match=r"no file in this folder ends in \.yaml"):
        read_suite(tmp_path)
