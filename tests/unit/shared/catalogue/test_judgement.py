"""What a text says as a whole, by Portland's phrases and the built-in model."""

import json
from dataclasses import replace

import pytest

from shared.catalogue import load_catalogue
from shared.catalogue.judgement import (
    ROAD_HAZARD,
    confirmed_kind,
    judge_text,
    predicted_conditions,
    read_text,
)
from shared.text_matching import TrainedModel
from tests.support.paths import REPOSITORY

EVALUATION_TEXTS = REPOSITORY / "workbench" / "evaluation" / "texts"

CITY = load_catalogue().jurisdictions["portland.gov"]


@pytest.mark.parametrize(
    ("text", "condition"),
    [
        ("I am wounded", "plain_injury"),
        ("we are injured and need help", "plain_injury"),
        ("He is unconscious at the bus stop", "plain_injury"),
        ("a kid is drowning in the pond", "plain_injury"),
        ("estoy herido", "plain_injury"),
        ("Mi abuelo no respira", "plain_injury"),
        ("house on fire", "plain_fire"),
        ("The dumpster is on fire", "plain_fire"),
        ("smoke pours out of the attic", "plain_fire"),
        ("una casa en llamas", "plain_fire"),
        ("hay un incendio en el garaje", "plain_fire"),
        ("gas smell in the building", "plain_gas"),
        ("Gas leak on Main Street", "plain_gas"),
        ("I smell gas", "plain_gas"),
        ("huele a gas en el portal", "plain_gas"),
        ("live wire sparking on the ground", "plain_sparks"),
        ("sparks from a wire", "plain_sparks"),
        ("un cable echando chispas", "plain_sparks"),
        ("chispazos en el cuadro eléctrico", "plain_sparks"),
        ("man with a gun shooting", "plain_weapon"),
        ("he has a knife", "plain_weapon"),
        ("un hombre con una pistola", "plain_weapon"),
        ("It looks like a dead body in the creek", "plain_death"),
        ("hay un hombre muerto en el parque", "plain_death"),
        ("she wants to die", "plain_crisis"),
        ("quiere matarse", "plain_crisis"),
        ("people are hurt", "plain_injury"),
        ("hay heridos", "plain_injury"),
        ("the trash can is on fire at the bus stop", "plain_fire"),
        ("salen llamas de la ventana", "plain_fire"),
        ("sale fuego de un contenedor", "plain_fire"),
        ("pothole at my door, also a strong smell of gas in the hall", "plain_gas"),
        ("I touched the lamp post and got a shock", "plain_shock"),
        ("la farola da toques cuando la tocas", "plain_shock"),
        ("bare wires at the foot of the lamp post", "plain_wires"),
        ("the electric cabinet door is open", "plain_wires"),
        ("el cuadro eléctrico está abierto", "plain_wires"),
        ("a power line is down across the street", "plain_wires"),
        ("hay un cable de la luz caído en la acera", "plain_wires"),
        ("Bricks are falling from the facade onto the sidewalk", "plain_collapse"),
        ("the sign is about to fall on people", "plain_collapse"),
        ("la cornisa está a punto de caer sobre la gente", "plain_collapse"),
        ("gunshots right now on the next block", "plain_weapon"),
        ("se oyen disparos", "plain_weapon"),
        ("I want to die", "plain_crisis"),
        ("I'm going to kill myself", "plain_crisis"),
        ("quiero morirme", "plain_crisis"),
        ("me voy a matar", "plain_crisis"),
    ],
)
def test_a_plain_danger_needs_no_support_from_the_rest_of_the_text(
    text: str, condition: str
) -> None:
    around = "Thank you for the new benches in the park, we love the flowers and the garbage cans."
    for words in (text, f"{around} {text}. {around}"):
        judgement = judge_text(words, CITY)
        assert condition in judgement.conditions, words
        assert judgement.is_danger


@pytest.mark.parametrize(
    "text",
    [
        "I want to die of embarrassment when friends see this park",
        "this bill gave me a shock",
        "me quiero morir de vergüenza",
        "no quiero vivir así con este ruido",
        "un día me voy a matar con esta acera",
        "she sings like a house on fire",
        "un teléfono con los cables pelados de internet",
        "what happens if somebody is trapped in the elevator",
        "the poster shows a man with a gun",
        "no hay heridos",
        "nobody got a shock from the lamp post",
    ],
)
def test_a_plain_danger_is_no_figure_of_speech(text: str) -> None:
    assert not CITY.plain_conditions & judge_text(text, CITY).conditions.keys()


def test_no_text_that_only_looks_like_a_danger_states_a_plain_one() -> None:
    lines = [
        json.loads(line)
        for file in sorted(EVALUATION_TEXTS.glob("dangers_*.jsonl"))
        for line in file.read_text(encoding="utf-8").splitlines()
    ]
    harmless = [line["text"] for line in lines if line["dangers"] == []]
    dangers = {code for code in CITY.plain_conditions if CITY.danger_classes({code})}
    dangers = {code for code in dangers if CITY.danger_classes({code}) != {ROAD_HAZARD}}

    found = [text for text in harmless if dangers & read_text(text, CITY).affirmed.keys()]
    assert len(found) / len(harmless) <= 0.005, found


@pytest.mark.parametrize(
    "text",
    [
        "nobody is unconscious",
        "the house was on fire last year",
        "what do I do if I smell gas?",
        "no hay una casa en llamas",
        "someone wrote that she wants a new bench",
        "There is an abundance of garbage in the fishing area",
        "Shooting last night, please add lights",
        "somebody will get hurt some day",
        "conejo atropellado en la calzada",
    ],
)
def test_what_is_denied_over_or_feared_is_no_danger(text: str) -> None:
    assert not judge_text(text, CITY).is_danger


@pytest.mark.parametrize(
    "text",
    ["", "hola", "Bache", "hello", "Rác thải trên đường", "Müll auf der Straße vor dem Haus"],
)
def test_a_text_of_which_nothing_is_known_is_not_urgent(text: str) -> None:
    judgement = judge_text(text, CITY)

    assert not judgement.is_urgent
    assert not predicted_conditions(CITY.trained_model) & judgement.conditions.keys()


def test_a_text_that_is_urgent_states_so_beside_its_hazard() -> None:
    judgement = judge_text("The stop sign is gone", CITY)

    assert judgement.conditions.keys() >= {"sign_down", "sounds_urgent"}
    assert (judgement.is_urgent, judgement.is_danger) == (True, False)


def test_a_phrase_that_the_text_does_not_bear_out_is_doubted() -> None:
    text = "Roots raised the sidewalk years ago, we ask for a repair, it is a tripping hazard"
    stated = judge_text(text, replace(CITY, trained_model=TrainedModel())).conditions
    judgement = judge_text(text, CITY)

    assert judgement.doubted.keys() == stated.keys() & (
        CITY.hazard_conditions | CITY.danger_conditions
    )
    assert not judgement.is_urgent


def test_without_a_model_every_phrase_counts() -> None:
    judgement = judge_text("a film on fire", replace(CITY, trained_model=TrainedModel()))

    assert judgement.is_danger
    assert judgement.doubted == {}


def test_a_guessed_kind_is_as_urgent_as_its_text() -> None:
    kind = CITY.services["EMERG-911"]
    routine, urgent, danger = (
        confirmed_kind(kind, judge_text(text, CITY))
        for text in ("new benches, please", "The stop sign is gone", "I am wounded")
    )

    assert (routine.priority, routine.emergency) == ("P3", None)
    assert (urgent.priority, urgent.emergency) == (kind.priority, None)
    assert danger is kind


def test_the_alarm_budgets_of_a_city_select_the_thresholds() -> None:
    levels = CITY.trained_model.levels

    assert CITY.thresholds == {"en": levels["en"][150] + 1, "es": levels["es"][105] + 1}
    boston = load_catalogue().jurisdictions["boston.gov"]
    assert boston.thresholds == {}
