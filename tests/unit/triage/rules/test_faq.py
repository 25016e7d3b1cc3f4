import pytest

from services.triage.rules.faq import FaqMatcher
from tests.unit.triage.rules.priority import labelled

ANSWERS = labelled.portland().faq
assert ANSWERS is not None
FINDER = FaqMatcher(ANSWERS)


def answered(text: str, kind: str = "INFO-GENERAL", *, has_more: bool = False) -> str | None:
    rules = labelled.rules()
    service = rules.services[kind]
    met = rules.assess(service, text, {}, None).conditions
    found = FINDER.match(service, text, met, has_more=has_more)
    return found.code if found else None


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("What day is garbage pickup in my neighborhood?", "garbage_day"),
        ("I don't know which day my trash is picked up, can you tell me", "garbage_day"),
        ("is garbage collected on Thanksgiving", "garbage_holiday"),
        ("what day is trash collection in the week of Christmas", "garbage_holiday"),
        ("Do you pick up trash on Christmas day?", "garbage_holiday"),
        ("how do I get rid of an old couch", "large_items"),
        ("what are your hours at 311", "hours_of_311"),
        ("HOW CAN I PAY A PARKING TICKET", "parking_ticket"),
        ("How do I get a permit for a block party?", "block_party"),
        ("who do I call about property taxes", "property_tax"),
        ("how do I pay my water bill", "water_bill"),
        ("where can I find out where my towed car is", "towed_car"),
        ("are there any cooling centers open downtown", "cooling_centers"),
        ("¿Qué día pasa la basura?", "garbage_day"),
        ("no sé qué día recogen el reciclaje, ¿me puede decir?", "garbage_day"),
        ("¿recogen la basura en Navidad?", "garbage_holiday"),
        ("¿Cómo puedo deshacerme de un sofá viejo?", "large_items"),
        ("¿A qué hora abre la oficina del 311?", "hours_of_311"),
        ("donde puedo pagar una multa de estacionamiento", "parking_ticket"),
        ("¿Cómo pido permiso para una fiesta de cuadra?", "block_party"),
        ("¿Con quién hablo sobre el impuesto a la propiedad?", "property_tax"),
        ("¿cómo pago la factura del agua?", "water_bill"),
        ("¿Hay centros de enfriamiento abiertos?", "cooling_centers"),
    ],
)
def test_a_plain_question_is_answered(text: str, code: str) -> None:
    assert answered(text) == code


@pytest.mark.parametrize(
    "text",
    [
        "my garbage was not picked up",
        "When will you pick up my garbage? It was missed on Monday",
        "what day is trash pickup? mine is overflowing",
        "somebody dumped a couch in the street, who picks it up?",
        "There is a mattress on the sidewalk, when will it be collected",
        "garbage company truck drives too fast when kids walk, can you do something",
        "why did I get a parking ticket, the meter was broken",
        "the block party next door is too loud, who do I call",
        "my water bill is wrong, how do I contest it",
        "the cooling center is closed and my grandmother collapsed, who do I call",
        "trash is on fire, who do I call, what day is garbage",
        "my car was towed illegally, how do I get it back",
        "No pasó la basura, ¿qué día pasa?",
        "¿cuándo van a recoger la basura? hace dos semanas",
        "tiraron un sofá en la calle, ¿quién lo recoge?",
        "la fiesta de la cuadra hace mucho ruido, ¿a quién llamo?",
        "se robaron mi carro, ¿está en el corralón?",
    ],
)
def test_a_text_in_which_something_is_wrong_goes_to_a_person(text: str) -> None:
    assert answered(text) is None
    assert answered(text, "OTHER") is None


@pytest.mark.parametrize(
    "text",
    [
        pytest.param("", id="nothing"),
        pytest.param("what is the meaning of life?", id="nothing that we know"),
        pytest.param("garbage day", id="no question"),
        pytest.param("how do I pay a parking ticket and my property tax", id="two things"),
        pytest.param("what day is garbage pickup " + "and so on " * 20, id="a long story"),
    ],
)
def test_what_is_not_one_known_question_goes_to_a_person(text: str) -> None:
    assert answered(text) is None


def test_only_kinds_under_which_people_ask_are_answered() -> None:
    assert answered("how do I pay my water bill", "WAT-BILL") == "water_bill"
    assert answered("what day is garbage pickup?", "WAT-BILL") is None
    assert answered("what day is garbage pickup?", "TRASH-MISSED") is None


def test_a_question_with_more_than_words_goes_to_a_person() -> None:
    assert answered("what day is garbage pickup?", has_more=True) is None


def test_nothing_urgent_is_a_question() -> None:
    for text in labelled.texts():
        if text.part == "train" and text.label in ("emergency", "urgent"):
            assert answered(text.text, "OTHER") is None, text.text
