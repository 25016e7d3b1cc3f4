"""A present danger next to words about the past, plans or play."""

import pytest

from services.triage.rules.priority.score import DetectedEmergency
from shared.catalogue import load_catalogue
from tests.unit.triage.rules.priority import labelled

CITY = load_catalogue().jurisdictions["portland.gov"]


def danger(text: str) -> DetectedEmergency | None:
    return labelled.rules().assess(CITY.services["OTHER"], text, {}, None).emergency


@pytest.mark.parametrize(
    "text",
    [
        "Since last week there is a strong gas smell in our building",
        "For the last month a man waves a gun at people here, he is out there now",
        "I reported this 2 weeks ago and the wire is still sparking over the sidewalk",
        "There is a fire in the field and the grass is dry",
        "Hay lumbre en el cerro y el pasto está seco",
        "Smoke pours out of the attic, half of it is over the street",
        "Halloween decorations caught fire on the porch, the house is burning",
        "Fire in the tent next to the memorial bench for my friend. Help",
        "A man collapsed at the book club and is not breathing",
        "Apartment is on fire, is there any number I can call?",
        "Desde la semana pasada huele a gas en el edificio",
        "Hace un mes reporté el cable y sigue echando chispas",
        "Hay una línea eléctrica caída con chispas en Prescott y la 15.",
        "Se está quemando la casa, los niños jugando adentro",
        "the dumpster behind my work is on fire lol nobody is doing anything",
        "my house is on fire what number do i call",
        "se quema mi casa a qué número llamo",
        "a man collapsed at the museum of art",
        "we are not safe here he has a gun",
        "a mi vecino le dio un infarto viendo el partido",
        "estoy en la fila del banco y un señor se está muriendo",
        "atropelló a un niño frente al jardín",
        "un señor herido pidiendo ayuda en la autopista",
        "a kid is drowning in the pool behind the trash cans",
        "hay un poste de luz en llamas",
        "a woman is screaming for help over the music",
        "atropellaron a una señora y a su perro",
        "un hombre se está muriendo de frío en la banqueta",
        "se cayó un árbol sobre un señor y está muerto",
        "mi abuelo se cayó de la silla y tiene la pierna quebrada",
    ],
)
def test_what_goes_on_now_is_a_danger_whatever_else_is_said(text: str) -> None:
    assert danger(text) is not None


@pytest.mark.parametrize(
    "text",
    [
        "A month ago my house was on fire",
        "Last summer a man was shot here",
        "What should I do in case of a gas leak?",
        "El año pasado se quemó una casa aquí",
    ],
)
def test_what_was_long_ago_or_is_only_supposed_is_none(text: str) -> None:
    assert danger(text) is None


@pytest.mark.parametrize(
    "text",
    [
        "Graffiti of a gun and a bomb on the wall",
        "My wallet is bleeding from the water bill",
        "He parks like he wants to get shot",
        "El árbol que se cayó en invierno dejó un tronco",
        "Pintaron una pistola en la pared",
        "Dan ganas de matarlo",
        "We are planning a bonfire, is that ok?",
        "Queremos hacer una fogata en la fiesta",
        "Do you have flyers about drowning prevention",
        "Están violando el código de ruido",
        "graffiti that says kill all cops",
        "Thanks to the crew who fixed the sparking wire so fast",
        "Gracias a los que arreglaron el cable que echaba chispas",
        "In 2019 my son broke his arm on that curb",
        "somebody slashed the tires of my bike",
        "me estoy ahogando en propaganda del correo",
        "the kids are dying of boredom",
    ],
)
def test_a_figure_of_speech_or_a_picture_is_none(text: str) -> None:
    assert danger(text) is None


@pytest.mark.parametrize(
    "text",
    [
        "I think he wants to die, he says he feels like a burden",
        "It looks like a dead body in the creek",
        "Sounds like a bomb went off and there is smoke",
        "Me da miedo, el vecino quiere matar a su mujer",
        "Está tirado en el suelo el señor y no respira",
    ],
)
def test_a_comparison_takes_no_danger_back(text: str) -> None:
    assert danger(text) is not None
