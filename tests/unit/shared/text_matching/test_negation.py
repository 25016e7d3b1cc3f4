import pytest
from hypothesis import given
from hypothesis import strategies as st

from shared.text_matching import Hit, PhraseIndex, PhraseRoles, filter_affirmed, fold

WORDINGS = [
    ("fire", "fire"),
    ("fire", "fuego"),
    ("injury", "hurt"),
    ("injury", "herido"),
    ("injury", "heridos"),
    ("lane_blocked", "lane blocked"),
    ("lane_blocked", "blocking the lane"),
    ("lane_blocked", "blocks the lane"),
    ("lane_blocked", "carril bloqueado"),
    ("lane_blocked", "bloqueado"),
    ("sparking", "sparking"),
    ("no_route", "no way around"),
    ("sign_down", "sign down"),
    ("signal_out", "signal dark"),
]
PHRASES = PhraseIndex.of(WORDINGS)
TIMED = PhraseIndex.of(
    [
        *WORDINGS,
        ("over", "moved it"),
        ("over", "moved off the lane"),
        ("lane_blocked", "the lane"),
        ("over", "ya lo quitaron"),
    ]
)

NO_ROLES = PhraseRoles()
SPANS = PhraseRoles(retracting=frozenset({"over"}), persistent=frozenset({"injury"}))
SPOKEN_OF = PhraseIndex.of(
    [*WORDINGS, ("past", "years ago"), ("past", "hace un año"), ("supposed", "call if")]
)
SPOKEN = PhraseRoles(
    past=frozenset({"past"}),
    hypothetical=frozenset({"supposed"}),
    events=frozenset({"fire", "injury"}),
)


def find_affirmed(text: str, phrases: PhraseIndex, roles: PhraseRoles = NO_ROLES) -> list[Hit]:
    folded = fold(text)
    return filter_affirmed(phrases.find(folded), text, folded, roles)


def codes(text: str) -> list[str]:
    return [hit.code for hit in find_affirmed(text, PHRASES)]


def codes_spoken_of(text: str) -> set[str]:
    return {hit.code for hit in find_affirmed(text, SPOKEN_OF, SPOKEN)}


def codes_in_time(text: str) -> list[str]:
    return [hit.code for hit in find_affirmed(text, TIMED, SPANS)]


@pytest.mark.parametrize(
    "text",
    [
        "no fire",
        "There is no fire",
        "Nobody hurt",
        "nobody was hurt",
        "No one was hurt",
        "none of them hurt",
        "it is not blocking the lane",
        "It isn't sparking",
        "it isn\u2019t sparking",
        "it isnt sparking",
        "The couch doesn't really blocks the lane",
        "without fire",
        "no longer sparking",
        "never on fire",
        "no fire or sparking",
        "neither fire nor sparking",
        "no hay fuego",
        "nadie herido",
        "sin heridos",
        "ya no hay fuego",
        "no está bloqueado",
        "nunca hubo fuego",
        "It was sparking, fine now",
        "it was sparking but it is fine now",
        "the pole was on fire, the crew put out the flames",
        "estaba bloqueado pero ya lo quitaron",
    ],
)
def test_what_the_text_denies_is_not_found(text: str) -> None:
    assert codes(text) == []


@pytest.mark.parametrize(
    ("text", "code"),
    [
        pytest.param("fire", "fire", id="the bare word"),
        pytest.param("No one hurt, lane blocked", "lane_blocked", id="a comma ends the no"),
        pytest.param("nobody hurt and lane blocked", "lane_blocked", id="and ends the no"),
        pytest.param("nadie herido y carril bloqueado", "lane_blocked", id="y ends the no"),
        pytest.param("not big but blocking the lane", "lane_blocked", id="but ends the no"),
        pytest.param("Nobody came. Fire", "fire", id="a full stop ends the no"),
        pytest.param("no answer\nfire", "fire", id="a new line ends the no"),
        pytest.param("No (really) fire", "fire", id="a bracket ends the no"),
        pytest.param("nobody came - fire", "fire", id="a dash ends the no"),
        pytest.param("fire, no answer at 911", "fire", id="the no comes after"),
        pytest.param("there is no way around", "no_route", id="the no is of the phrase"),
        pytest.param("no parking sign down", "sign_down", id="the name of a sign"),
        pytest.param("do not enter sign down", "sign_down", id="another sign"),
        pytest.param("no power signal dark", "signal_out", id="an outage"),
        pytest.param("cars can't pass lane blocked", "lane_blocked", id="what cannot be done"),
        pytest.param("no puedo pasar carril bloqueado", "lane_blocked", id="no se puede"),
        pytest.param("it was sparking", "sparking", id="past, and nothing says that it is over"),
        pytest.param("it is sparking, fine now", "sparking", id="over, but not in the past"),
        pytest.param("It was sparking. Fine now my dog", "sparking", id="over in another sentence"),
        pytest.param("was closed. Sparking, fine now", "sparking", id="past in another sentence"),
        pytest.param("fine now? it was sparking", "sparking", id="over before it was"),
    ],
)
def test_what_the_text_says_is_found(text: str, code: str) -> None:
    assert code in codes(text)


def test_a_no_reaches_over_four_words_and_no_further() -> None:
    assert codes("no sign of any fire") == []
    assert codes("no sign of any big fire") == []
    assert codes("no sign of any really big fire") == ["fire"]


def test_a_thing_that_is_denied_once_and_said_once_is_said() -> None:
    assert codes("There was no fire yesterday. Now there is a fire!") == ["fire"]


def test_found_phrases_come_by_their_place_in_the_text() -> None:
    assert codes("sparking, then fire: lane blocked") == ["sparking", "fire", "lane_blocked"]


@pytest.mark.parametrize(
    ("text", "found"),
    [
        pytest.param("lane blocked, somebody moved it", ["over"], id="same sentence"),
        pytest.param("Lane blocked. Somebody moved it", ["over"], id="the next sentence"),
        pytest.param("carril bloqueado pero ya lo quitaron", ["over"], id="Spanish"),
        pytest.param("moved it, it was blocking the lane", ["over"], id="what was, said after"),
        pytest.param("moved off the lane", ["over"], id="words of the end itself"),
        pytest.param("moved it. lane blocked", ["over", "lane_blocked"], id="said after the end"),
        pytest.param("lane blocked. Hi. moved it", ["lane_blocked", "over"], id="too far off"),
        pytest.param("lane blocked, nobody moved it", ["lane_blocked"], id="no end at all"),
        pytest.param("lane blocked, moved it, blocked again", ["lane_blocked"], id="began again"),
        pytest.param("man hurt, they moved it", ["injury", "over"], id="a person is hurt still"),
    ],
)
def test_an_end_takes_back_what_came_before_it(text: str, found: list[str]) -> None:
    assert codes_in_time(text) == found


words = st.sampled_from(
    ["no", "fire", "hurt", "lane", "blocked", "and", "was", "fine now", ", ", ". "]
)


@given(st.lists(words | st.text(max_size=3)).map(" ".join))
def test_what_is_found_stands_in_the_text_at_that_place(text: str) -> None:
    assert set(find_affirmed(text, PHRASES)) <= set(PHRASES.find(fold(text)))


@pytest.mark.parametrize(
    ("text", "said"),
    [
        pytest.param("He was hurt two years ago", set(), id="an event of the same clause"),
        pytest.param("Two years ago, he was hurt", set(), id="of the clause after an opening one"),
        pytest.param("Hace un año hubo fuego", set(), id="in Spanish"),
        pytest.param(
            "Years ago he fell down here, there was fire", {"fire"}, id="a longer clause before"
        ),
        pytest.param("It burned years ago. Now fire", {"fire"}, id="of another sentence"),
        pytest.param("There was a fire years ago, he is hurt", {"injury"}, id="of a later clause"),
        pytest.param("hurt years ago and still hurt", {"injury"}, id="still so"),
        pytest.param("sign down years ago", {"sign_down"}, id="a state stays as it is"),
        pytest.param("who do I call if fire", set(), id="supposed"),
        pytest.param("I call if, you know, somebody is hurt", set(), id="supposed in a sentence"),
        pytest.param("Whom do I call if so? Fire here", {"fire"}, id="supposed in another"),
        pytest.param("who do I call if sign down", {"sign_down"}, id="a state is no event"),
    ],
)
def test_an_event_long_ago_or_only_supposed_is_none(text: str, said: set[str]) -> None:
    assert codes_spoken_of(text) == said
