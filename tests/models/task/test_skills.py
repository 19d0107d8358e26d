"""The skills engine: intents become deeds in the world, and every fact of them is said."""

from __future__ import annotations

import re
import time
from collections.abc import Iterator, Mapping
from itertools import product
from pathlib import Path

import pytest

from models.context import Context, User
from models.errors import ModelError
from models.protocols import Action, Intent, Outcome, Reminder, Request, SkillCard, Slot, SlotValue, Thing
from models.task.packs import BUILT_IN, collect
from models.task.skill import SkillFailed
from models.task.skills import Skills
from models.task.weather import RegionUnknown, Weather, WeatherUnavailable
from models.task.world.setting import load_setting
from models.task.world.world import WorldError

PLAZA = load_setting()
NOON = 1_800_000_000.0
LOOKS = (
    "distance", "where_am_i", "describe_place", "places", "identify", "price", "stock", "compare", "inventory", "spent",
    "timers", "clock", "date", "weather", "recall", "calculate",
)  # fmt: skip
"""Skills that only look something up."""
LONG = ("feelings_crisis", "recount")
"""Skills whose answers are worth more than two sentences."""
HIDDEN = {name for name, skill in collect(BUILT_IN).items() if skill.hidden}
VALUES: Mapping[str, tuple[SlotValue, ...]] = {
    "integer": (1, 2, 7, 60, 0, -3, 10**30, "many"),
    "duration": (0, 1, 59, 60, 90, 600, 3600, 5400, 86_400, 86_401, "soon"),
    "text": (
        "my sister lives in Oslo",
        "I'm allergic to nuts",
        "The code is 4-2-7-1!",
        "you",
        "volcanoes",
        "the pasta",
        "a  dragon\nand a cat",
        "braces {} and {place} and %s",
        "'; DROP TABLE fact; --",
        "??",
    ),
    "item": (*PLAZA.wares, "sword", "lantan"),
    "place": (*PLAZA.sites, "castle", "gardn"),
    "region": (*PLAZA.sites, "castle", "gardn"),
    "sight": (*PLAZA.wares, *PLAZA.sites, "statue", "Anna", "this"),
    "day": ("today", "tomorrow", "yesterday", "saturday", "day after tomorrow", "someday"),
    "manners": ("slower", "faster", "louder", "quieter", "normal", "sideways"),
    "name": ("Lin", "my name is Tom", "??"),
    "sum": ("what is 6 times 9", "1 divided by 0", "2 to the power of 9000", "square root of minus 4", "a riddle"),
    "conversion": ("how many minutes are in a day", "5 miles in kilometres", "5 miles in kilograms", "a riddle"),
}


ADA = User("ada")


@pytest.fixture
def engine() -> Iterator[Skills]:
    engine = Skills(world=":memory:", clock=lambda: NOON)
    engine.load()
    yield engine
    engine.close()


def ask(engine: Skills, skill: str, user: User = ADA, **slots: SlotValue) -> Outcome:
    return engine.handle(Request(Intent(skill, slots), "words"), Context(user=user))


def shown(engine: Skills) -> list[SkillCard]:
    """The skills that words ask for."""
    return [card for card in engine.skills() if card.name not in HIDDEN]


def every_request(card: SkillCard) -> Iterator[dict[str, SlotValue]]:
    """Slots with every value that is worth a try, and without the slot."""
    choices = [[(slot.name, value) for value in VALUES[slot.kind]] + [(slot.name, "")] for slot in card.slots]
    for pairs in product(*choices):
        yield {name: value for name, value in pairs if value != ""}


def test_the_skills_and_their_slots(engine: Skills) -> None:
    cards = {card.name: card for card in engine.skills()}
    assert {"navigate", "buy", "timer", "remember", *LOOKS} <= cards.keys()
    assert cards["navigate"].slots == (Slot("place", "place", True, tuple(PLAZA.sites), "where the user wants to go"),)
    assert [(slot.name, slot.kind, slot.required) for slot in cards["buy"].slots] == [
        ("item", "item", True),
        ("quantity", "integer", False),
    ]
    assert cards["weather"].slots[0].choices == tuple(PLAZA.sites)


def test_only_skills_that_change_the_world_have_effects(engine: Skills) -> None:
    assert engine.acts
    assert not {card.name for card in engine.skills() if card.effects} & set(LOOKS)
    for card in engine.skills():
        if not card.effects:
            before = ask(engine, "inventory"), ask(engine, "where_am_i"), ask(engine, "recall")
            for slots in every_request(card):
                engine.handle(Request(Intent(card.name, slots), "words"), Context(user=ADA))
            assert (ask(engine, "inventory"), ask(engine, "where_am_i"), ask(engine, "recall")) == before, card.name


def test_every_skill_has_enough_examples_of_its_own(engine: Skills) -> None:
    cards = engine.skills()
    for card in cards:
        assert len(card.examples) >= 8 or card.name in HIDDEN, card.name
        assert card.about.endswith("."), card.name
        assert all(example == example.casefold().strip(" .?!") for example in card.examples), card.name
    examples = [example for card in cards for example in card.examples]
    assert len(set(examples)) == len(examples)


def test_every_fact_is_said_whatever_the_slots(engine: Skills) -> None:
    seen = set()
    for card in shown(engine):
        for number, slots in enumerate(every_request(card)):
            found = ask(
                engine, card.name, user=User(f"{'late' if card.name == 'remind' else 'user'}{number % 7}"), **slots
            )
            place = (card.name, slots, found)
            assert found.task == card.name, place
            assert found.say.strip() == found.say != "", place
            assert all(fact in found.say and fact for fact in found.facts.values()), place
            assert (
                len(re.findall(r"[.?!](?= |$)", found.say)) <= 2
                or card.name in LONG
                or "text" in {slot.kind for slot in card.slots}
            ), place
            if found.status == "open":
                assert not found.facts, place
                assert not found.actions, place
            if found.status in ("refused", "unclear"):
                assert not found.actions, place
            seen.add((card.name, found.status))
    assert {skill for skill, status in seen if status in ("done", "open")} >= {
        card.name for card in engine.skills()
    } - HIDDEN - {"haggle", "recount"}  # which do nothing without a yes, and without a deed
    assert {status for _, status in seen} == {"done", "refused", "unclear", "open"}


def test_the_first_sentence_is_short(engine: Skills) -> None:
    """It is heard while the rest is still being made; lists of what one owns may be as long as they are."""
    for card in shown(engine):
        if {slot.kind for slot in card.slots} <= {"item", "place", "region", "sight", "integer", "duration", "day"}:
            for slots in every_request(card):
                first = re.split(r"(?<=[.?!]) ", ask(engine, card.name, user=User("short"), **slots).say)[0]
                assert len(first.split()) <= 15 or card.name in ("inventory", *LONG), (card.name, slots, first)


def test_a_walk_through_the_world(engine: Skills) -> None:
    here = ask(engine, "where_am_i")
    assert here.say.startswith("You are at the plaza. The garden is to the north, ")
    walk = ask(engine, "navigate", place="the Gallery")
    assert walk.say == "I am taking you to the gallery. We go north to the garden, then west."
    assert walk.facts == {"place": "gallery", "direction": "north"}
    assert walk.actions == (Action("navigate", {"place": "gallery"}),)
    assert ask(engine, "where_am_i").facts == {"place": "gallery", "garden": "garden", "library": "library"}
    again = ask(engine, "navigate", place="gallery")
    assert (again.say, again.actions) == ("You are already at the gallery.", ())
    assert ask(engine, "where_am_i", user=User("bob")).facts["place"] == "plaza"


def test_buying_changes_what_one_has_and_the_answer_says_so(engine: Skills) -> None:
    assert ask(engine, "price", item="apples").say == "An apple costs 2 coins."
    bought = ask(engine, "buy", item="apples", quantity=3)
    assert bought.say == "You bought 3 apples for 6 coins. You have 94 coins left."
    assert bought.actions == (Action("inventory", {"item": "apple", "quantity": 3, "coins": 94}),)
    one = ask(engine, "buy", item="apple")
    assert (one.say, one.facts["item"]) == ("You bought an apple for 2 coins. You have 92 coins left.", "apple")
    assert ask(engine, "inventory").say == "You have 4 apples, a map and 92 coins."
    refusal = ask(engine, "buy", item="guitar", quantity=2)
    assert refusal.status == "refused"
    assert refusal.say == "You cannot buy 2 guitars. That costs 150 coins, and you have 92 coins."
    assert ask(engine, "inventory").say == "You have 4 apples, a map and 92 coins."


def test_what_is_missing_is_asked_for(engine: Skills) -> None:
    questions = {
        name: ask(engine, name) for name in ("navigate", "identify", "buy", "price", "timer", "remember", "teach")
    }
    assert {question.status for question in questions.values()} == {"unclear"}
    assert all(question.say.endswith("?") for question in questions.values())
    assert ask(engine, "inventory").facts == {"coins": f"{PLAZA.coins} coins", "map": "map"}


def test_what_the_user_shows_is_named(engine: Skills) -> None:
    lantern = ask(engine, "identify", thing="Lantern")
    assert (lantern.say, lantern.facts) == (
        "That is a lantern. It costs 18 coins.",
        {"item": "lantern", "price": "18 coins"},
    )
    assert ask(engine, "identify", thing="lighthouse").say == "That is the lighthouse."
    assert ask(engine, "identify", thing="oak").say == "That is an oak."
    assert ask(engine, "identify", thing="Anna").say == "That is Anna."
    assert ask(engine, "identify", thing="that").say == "What are you pointing at?"


def test_the_way_to_what_only_the_client_knows(engine: Skills) -> None:
    statue = Thing("statue", (0.0, 0.0, -3.0))
    found = engine.handle(Request(Intent("navigate", {"place": "statue"}), "words", (statue,)), Context(user=ADA))
    assert (found.status, found.say, found.actions) == ("done", "The statue is straight ahead, 3 metres away.", ())
    assert ask(engine, "where_am_i").facts["place"] == "plaza"


def test_timers(engine: Skills) -> None:
    tea = ask(engine, "timer", duration=180, label="the tea timer")
    assert tea.say == "Your tea timer is set for 3 minutes."
    assert tea.actions == (Action("timer", {"seconds": 180, "label": "tea"}),)
    assert ask(engine, "timer", duration=90).actions == (Action("timer", {"seconds": 90}),)
    rings = [(reminder.after, reminder.say) for reminder in tea.reminders]
    assert rings == [(180, "Your tea timer is over.")]
    later = ask(engine, "timer", duration=90)
    assert [reminder.say for reminder in later.reminders] == ["Your timer for 1 minute and 30 seconds is over."]
    assert tea.reminders[0].id != later.reminders[0].id
    assert ask(engine, "timer", duration=0).reminders == ()


def test_the_time(engine: Skills, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TZ", "Asia/Tokyo")
    time.tzset()
    try:
        assert ask(engine, "clock").say == "It is 5:00 PM."
        assert ask(engine, "date").say == "Today is Friday, January 15."
        assert ask(engine, "date", day="monday").say == "That is Monday, January 18."
    finally:
        monkeypatch.undo()
        time.tzset()


def test_timers_run_side_by_side(engine: Skills) -> None:
    assert ask(engine, "timers").say == "No timer is running."
    ask(engine, "timer", duration=600)
    ask(engine, "timer", duration=180, label="the tea")
    assert (
        ask(engine, "timers").say
        == "Your tea timer has 3 minutes left and your timer for 10 minutes has 10 minutes left."
    )
    more = ask(engine, "extend_timer", duration=60, label="tea timer")
    assert more.say == "Your tea timer runs 1 minute longer. It has 4 minutes left."
    assert [(reminder.id, reminder.after) for reminder in more.reminders] == [("timer-2", 240)]
    assert ask(engine, "cancel_timer", label="eggs").say == "No eggs timer is running."
    gone = ask(engine, "cancel_timer", duration=600)
    assert (gone.say, gone.dismissed) == ("Your timer for 10 minutes is cancelled.", ("timer-1",))
    assert ask(engine, "timers", label="tea").say == "Your tea timer has 4 minutes left."


@pytest.mark.parametrize(
    ("skill", "slots"),
    [("timer", {"duration": 60}), ("remind", {"what": "call Tom", "duration": 60}), ("extend_timer", {"duration": 60})],
)
def test_what_was_done_with_time_can_be_taken_back(engine: Skills, skill: str, slots: dict[str, SlotValue]) -> None:
    ask(engine, "timer", duration=600)
    before = ask(engine, "timers")
    undo = ask(engine, skill, ADA, **slots).undo
    assert undo
    ask(engine, undo.skill, ADA, **undo.slots)
    assert ask(engine, "timers") == before


def test_timers_survive_a_restart_for_a_known_user(tmp_path: Path) -> None:
    now = NOON
    first = Skills(world=str(tmp_path / "world"), clock=lambda: now)
    first.load()
    ask(first, "timer", duration=600, label="tea")
    first.close()
    now += 60
    second = Skills(world=str(tmp_path / "world"), clock=lambda: now)
    second.load()
    assert second.pending(Context(user=ADA)) == (Reminder("timer-1", 540, "Your tea timer is over."),)
    assert second.pending(Context(user=User("bob"))) == ()
    assert second.pending(Context()) == (), "a guest is not remembered"
    second.close()


@pytest.mark.parametrize(
    ("skill", "problem", "answer"),
    [
        ("calculate", "What is six times nine?", "6 times 9 is 54."),
        ("calculate", "how much is 15 percent of 80", "15 percent of 80 is 12."),
        ("calculate", "what is the square root of 81", "square root of 81 is 9."),
        ("calculate", "three plus four times two", "3 plus 4 times 2 is 11."),
        ("calculate", "5 divided by zero", "Nothing can be divided by zero."),
        ("calculate", "9 to the power of 99999", "That number is too large to say."),
        ("convert", "How many minutes are in a day?", "1 day is 1440 minutes."),
        ("convert", "five miles in kilometres", "5 miles is 8.05 kilometres."),
        ("convert", "what is 72 degrees fahrenheit in celsius", "72 degrees Fahrenheit is 22.22 degrees Celsius."),
        ("convert", "5 miles in kilograms", "I cannot turn 5 miles into kilograms."),
    ],
)
def test_sums_and_units_are_computed(engine: Skills, skill: str, problem: str, answer: str) -> None:
    assert ask(engine, skill, problem=problem).say == answer


def test_memory(engine: Skills) -> None:
    assert ask(engine, "recall").say == "You have not told me anything yet."
    assert (
        ask(engine, "remember", fact="My sister lives in Oslo.").say
        == "I will remember that your sister lives in Oslo."
    )
    assert ask(engine, "recall", topic="my sister").say == "You told me that your sister lives in Oslo."
    assert ask(engine, "recall", topic="my dog").say == "You have not told me anything about your dog."
    assert ask(engine, "recall", topic="my sister", user=User("bob")).status == "refused"


def test_open_talk_is_directed(engine: Skills) -> None:
    assert (
        ask(engine, "story", topic="pirates").say
        == "Tell a very short story about pirates. Use three simple sentences."
    )
    assert "about " in ask(engine, "story").say
    assert ask(engine, "teach", topic="volcanoes").say.startswith("Explain volcanoes.")
    assert ask(engine, "small_talk").status == "open"


def test_stop(engine: Skills) -> None:
    assert ask(engine, "stop") == Outcome("stop", "done", "Okay.", {}, (Action("stop"),))


@pytest.mark.parametrize("name", ["unknown", "fly"])
def test_what_no_skill_answers_to_is_open_talk(engine: Skills, name: str) -> None:
    found = ask(engine, name)
    assert (found.task, found.status, found.facts, found.actions) == ("unknown", "open", {}, ())
    assert found.say


class Provider:
    """Weather that a test chooses."""

    regions: tuple[str, ...] = ()

    def __init__(self, found: Weather | ModelError, city: str = "") -> None:
        self.found, self.city = found, city

    def home(self, place: str) -> str:
        return self.city

    def on(self, region: str, days: int = 0) -> Weather:
        if isinstance(self.found, ModelError):
            raise self.found
        return self.found


@pytest.mark.parametrize(
    ("found", "status", "say"),
    [
        (Weather("Oslo", "in Oslo", "snowing", -3), "done", "It is minus 3 degrees and snowing in Oslo."),
        (Weather("Oslo", "in Oslo", "clear", 1), "done", "It is 1 degree and clear in Oslo."),
        (RegionUnknown("?"), "refused", "I know no place called oslo."),
        (WeatherUnavailable("?"), "refused", "I cannot reach the weather service right now."),
    ],
)
def test_weather_of_real_cities(engine: Skills, found: Weather | ModelError, status: str, say: str) -> None:
    engine.provider = Provider(found)
    assert [(slot.kind, slot.choices) for card in engine.skills() for slot in card.slots if card.name == "weather"] == [
        ("text", ()),
        ("day", ()),
    ]
    outcome = ask(engine, "weather", place="oslo")
    assert (outcome.status, outcome.say) == (status, say)
    assert ask(engine, "weather").say == "For which city?"
    engine.provider = Provider(found, city="oslo")
    assert ask(engine, "weather").say == say


def test_weather_where_one_stands(engine: Skills) -> None:
    ask(engine, "navigate", place="garden")
    assert ask(engine, "weather").facts["place"] == "garden"
    assert ask(engine, "weather") == ask(engine, "weather", place="garden", user=User("bob"))


def test_only_the_packs_that_are_wanted() -> None:
    engine = Skills(skills=["talk", "stories"], world=":memory:")
    assert [card.name for card in engine.skills()] == [
        "small_talk", "stop", "who_are_you", "are_you_human", "who_made_you", "capabilities", "recount",
        "feelings_crisis", "speech", "story",
    ]  # fmt: skip
    engine.load()
    assert ask(engine, "buy", item="apple").task == "unknown"
    engine.close()


@pytest.mark.parametrize(
    ("options", "complaint"),
    [
        ({"skills": ["shoping"]}, "skills: nothing called 'shoping'; did you mean 'shopping'"),
        (
            {"skills": ["zzz"]},
            "there are: navigation, surroundings, shopping, time, weather, sums, memory, stories, teaching, talk",
        ),
        ({"weather": "bbc"}, "weather: expected 'world' or 'open-meteo', but found 'bbc'"),
        ({"city": "Oslo"}, "city: the world's own weather has no cities"),
        ({"world": ""}, "world: expected a path or ':memory:'"),
    ],
)
def test_wrong_options_are_refused(options: dict[str, str], complaint: str) -> None:
    with pytest.raises(ValueError, match=re.escape(complaint)):
        Skills(**options)  # type: ignore[arg-type]


PACK = '''
from typing import Annotated
from models.task.skill import Hint, Item, Outcome, Text, done, skill
from models.task.world import World


@skill(examples=["juggle {quantity} {item}s"])
def juggle(world: World, item: Annotated[Item, Hint("what", ask="Juggle what?")], quantity: int = 3) -> Outcome:
    """Juggle something that the user has."""
    if world.holdings().get(item, 0) < quantity:
        raise RuntimeError(f"dropped a {item}")
    return done(f"Look, {quantity} {item}s!", item=item, quantity=str(quantity))
'''


def install(folder: Path, name: str, module: str, source: str) -> None:
    """A distribution as an installer leaves it: a module, and its metadata beside it."""
    (folder / f"{module}.py").write_text(source)
    metadata = folder / f"{module}-1.0.dist-info"
    metadata.mkdir()
    (metadata / "METADATA").write_text(f"Metadata-Version: 2.1\nName: {module}\nVersion: 1.0\n")
    (metadata / "entry_points.txt").write_text(f"[parley.skills]\n{name} = {module}\n")


def test_a_third_partys_pack(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    install(tmp_path, "circus", "parley_circus", PACK)
    monkeypatch.syspath_prepend(str(tmp_path))
    assert "juggle" not in [card.name for card in Skills().skills()]
    engine = Skills(skills=["circus", "shopping"], world=":memory:")
    assert engine.skills()[0] == SkillCard(
        "juggle",
        "Juggle something that the user has.",
        ("juggle {quantity} {item}s",),
        (Slot("item", "item", True, tuple(PLAZA.wares), "what"), Slot("quantity", "integer", False)),
    )
    engine.load()
    ask(engine, "buy", item="apple", quantity=3)
    assert ask(engine, "juggle", item="apple").say == "Look, 3 apples!"
    with pytest.raises(SkillFailed, match="skill 'juggle' failed: RuntimeError: dropped a kite"):
        ask(engine, "juggle", item="kite")
    assert ask(engine, "inventory").status == "done"
    engine.close()


@pytest.mark.parametrize(
    ("source", "complaint"),
    [
        ("", "pack 'odd' defines no skill"),
        ("import parley_odder", "pack 'odd' cannot be imported from parley_odd_.*: No module named 'parley_odder'"),
        (PACK.replace("{item}", "{animal}"), "cannot be imported from .*: skill 'juggle': example .* names no slot"),
        (PACK.replace("juggle", "buy"), "both 'shopping' and 'odd' define 'buy'"),
        (PACK.replace("world: World", "world: bytes"), "'juggle' wants 'world' of type bytes"),
    ],
)
def test_packs_that_cannot_be_served(
    source: str, complaint: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    module = f"parley_odd_{abs(hash(complaint))}"  # Python keeps what it imported once
    install(tmp_path, "odd", module, source)
    monkeypatch.syspath_prepend(str(tmp_path))
    with pytest.raises(ValueError, match=complaint):
        Skills(skills=["shopping", "odd"])


def test_loading_twice_is_loading_once_and_an_engine_can_be_loaded_again(tmp_path: Path) -> None:
    engine = Skills(world=str(tmp_path / "world.sqlite"))
    with pytest.raises(RuntimeError, match="before load"):
        ask(engine, "inventory")
    engine.load()
    ask(engine, "buy", item="kite")
    engine.load()
    engine.close()
    engine.close()
    engine.load()
    assert ask(engine, "inventory").facts["kite"] == "kite"
    engine.close()


def test_a_world_that_cannot_be_opened_is_told(tmp_path: Path) -> None:
    with pytest.raises(WorldError, match="option 'world'"):
        Skills(world=str(tmp_path)).load()


def test_the_usual_world_is_made_when_it_is_loaded(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "data" / "world.sqlite"
    monkeypatch.setattr("models.task.skills.default_path", lambda setting: path)
    engine = Skills()
    assert not path.parent.exists()
    engine.load()
    engine.close()
    assert path.is_file()
