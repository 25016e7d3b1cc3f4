"""What people write, and which conditions and dangers the catalogue sees in it."""

import pytest

from shared.catalogue import Jurisdiction, load_catalogue
from shared.text_matching import fold

PORTLAND = load_catalogue().jurisdictions["portland.gov"]


def stated_by(text: str, jurisdiction: Jurisdiction = PORTLAND) -> set[str]:
    return {hit.code for hit in jurisdiction.phrases.find(fold(text))}


def danger_in(text: str, service_code: str = "OTHER") -> str | None:
    danger = PORTLAND.emergency(PORTLAND.services[service_code], stated_by(text))
    return danger[0] if danger else None


@pytest.mark.parametrize(
    ("condition", "text"),
    [
        ("menacing_dog", "A loose pit mix lunged at the mailman"),
        ("menacing_dog", "el perro de la esquina correteó a los niños"),
        ("lane_blocked", "Mattress in the right lane, cars are swerving"),
        ("lane_blocked", "A couch is blocking the right lane of SE Powell"),
        ("lane_blocked", "big rock in the travel lane"),
        ("lane_blocked", "dresser in the middle of the road"),
        ("lane_blocked", "Tree limb is blocking traffic northbound"),
        ("lane_blocked", "un sofá bloquea el carril derecho"),
        ("lane_blocked", "Hay un colchón bloqueando el carril y los carros lo están esquivando"),
        ("lane_blocked", "muebles tirados en medio de la calle"),
        ("lane_blocked", "hay ramas que tapan toda la calle"),
        ("lane_blocked", "a barrel rolled into the road and traffic has to go around it"),
        ("bike_lane_blocked", "Leaf pile fills the whole bike lane"),
        ("bike_lane_blocked", "ramas en el carril de bicicletas"),
        ("forces_riders_into_traffic", "gravel forces cyclists into traffic"),
        ("no_accessible_route", "I can't get past in my wheelchair"),
        ("no_accessible_route", "cant get by with a stroller"),
        ("no_accessible_route", "Tents are blocking the entire sidewalk"),
        ("no_accessible_route", "people have to walk in the street"),
        ("no_accessible_route", "no pasa una silla de ruedas"),
        ("no_accessible_route", "la carpa bloquea toda la banqueta"),
        ("no_accessible_route", "My wheelchair does not fit past the scooters"),
        ("no_accessible_route", "tengo que bajarme a la calle con la silla de ruedas"),
        ("swerving", "drivers keep swerving around a pothole"),
        ("swerving", "todos lo esquivan"),
        ("tire_damage", "This pothole popped my tire"),
        ("tire_damage", "I got a flat tire here"),
        ("tire_damage", "se me ponchó la llanta en este bache"),
        ("size_large", "Huge pothole by the school"),
        ("size_large", "the hole is about two feet wide"),
        ("size_large", "un bache muy grande"),
        ("sign_down", "The stop sign is down at 45th and Hawthorne"),
        ("sign_down", "falta la señal de alto"),
        ("signal_out", "the traffic signals are completely dark"),
        ("signal_out", "stop lights flashing red"),
        ("signal_out", "el semáforo no funciona"),
        ("stop_or_yield_not_visible", "A hedge covers the stop sign, you can't see it"),
        ("stop_or_yield_not_visible", "unas ramas tapan la señal de alto"),
        ("exposed_wires", "pole got hit and wires are exposed"),
        ("exposed_wires", "hay cables expuestos en el poste"),
        ("wires_involved", "The tree fell on the power lines"),
        ("wires_involved", "el árbol cayó sobre los cables"),
        ("structure_threatened", "water is coming into my basement"),
        ("structure_threatened", "el agua está entrando a mi casa"),
        ("water_rising", "The water is still rising"),
        ("street_flooding", "the whole street is flooding"),
        ("still_backing_up", "I cleared the leaves but it is still backing up"),
        ("lane_impassable", "cars can't get through, water is knee deep"),
        ("occupied", "people are living in it"),
        ("occupied", "hay gente viviendo adentro"),
        ("leaking_fuel", "the truck is leaking diesel"),
        ("large_animal_in_lane", "Dead deer in the middle of the road"),
        ("large_animal_in_lane", "un venado muerto en el carril"),
        ("gate_stuck", "the crossing gate is stuck down"),
        ("state_highway", "trash on the I-205 on-ramp"),
        ("state_highway", "semáforo en la autopista"),
        ("downtown", "needles downtown by Pioneer Square"),
        ("street_tree", "a tree hangs over the walk"),
        ("hit_by_vehicle", "a car hit the hydrant"),
        ("flowing", "water is gushing out of the hydrant"),
        ("discharge_in_progress", "They are still dumping paint into the storm drain"),
        ("needles_on_path", "there are needles all over the sidewalk"),
        ("school", "right in front of the elementary school"),
        ("imminent_failure", "the limb looks like it will fall any minute"),
        ("happening_now", "it is happening right now"),
    ],
)
def test_a_condition_is_seen_in_the_words_that_state_it(condition: str, text: str) -> None:
    assert condition in stated_by(text)


@pytest.mark.parametrize(
    ("danger", "text"),
    [
        ("live_wire", "A power line is down and sparking"),
        ("live_wire", "downed wire is arcing on the pavement"),
        ("live_wire", "Un cable caído está echando chispas"),
        ("live_wire", "cable de luz sacando chispas en la calle"),
        ("live_wire", "live wire touching a car, someone is inside the car"),
        ("live_wire", "Power line on the ground throwing sparks near a parked car"),
        ("fire", "trash burning under the overpass"),
        ("fire", "A tent is on fire under the bridge"),
        ("fire", "there's a fire in the dumpster"),
        ("fire", "flames coming out of the garage"),
        ("fire", "hay un incendio en el campamento"),
        ("fire", "se está quemando un carro"),
        ("gas", "strong smell of gas on our block"),
        ("gas", "it smells like rotten eggs"),
        ("gas", "huele a gas en el edificio"),
        ("gas", "contractor hit the gas line"),
        ("injury", "My mother tripped and broke her hip"),
        ("injury", "a cyclist is hurt"),
        ("injury", "hay un señor herido en la banqueta"),
        ("person_trapped", "someone is trapped under the tree"),
        ("person_trapped", "hay una persona atrapada en el elevador"),
        ("flood_trapped", "people are stuck in a flooded car"),
        ("weapon", "A man is waving a machete at people"),
        ("weapon", "we heard gunshots"),
        ("weapon", "un hombre tiene una pistola"),
        ("violence", "a man is beating a woman at the bus stop"),
        ("violence", "se están peleando, un hombre golpea a una mujer"),
        ("crime_in_progress", "Someone is breaking into my neighbor's house"),
        ("crime_in_progress", "están robando un carro"),
        ("crash_with_injury", "Car crash, the driver is bleeding"),
        ("building_collapse", "The wall just collapsed onto the sidewalk"),
        ("crash_with_injury", "choque con heridos en la esquina"),
        ("building_collapse", "se cayó el techo de la casa"),
        ("building_collapse", "se está derrumbando la pared del edificio"),
        ("hazmat", "a tanker overturned on Columbia Blvd"),
        ("medical", "A man is unconscious on the sidewalk"),
        ("medical", "woman not breathing"),
        ("medical", "una persona inconsciente no respira"),
        ("crisis", "he says he is going to kill himself"),
        ("crisis", "quiere aventarse del puente"),
        ("animal_attack", "pit bull attacking a man"),
        ("animal_attack", "the dog is attacking people right now"),
    ],
)
def test_a_danger_to_life_is_seen_in_the_words_that_tell_of_it(danger: str, text: str) -> None:
    assert danger_in(text) == danger


@pytest.mark.parametrize(
    "text",
    [
        "A fire hydrant is leaking",
        "Car parked in front of the fire hydrant next to the fire station",
        "The fire department already came yesterday",
        "Car parked in a fire lane",
        "Fire hazard: dry weeds behind the house",
        "blocked fire escape",
        "Homeowner lets weeds grow, no fire yet",
        "The gas station on Sandy has an illegal sign",
        "Gas powered leaf blower at 6 am",
        "gas prices sign blocks the view",
        "Somebody should fix this before someone gets hurt",
        "Somebody will get hurt if this is not fixed",
        "A sign was hit by a car last week",
        "Street light pole hit by a truck, light is out",
        "Dead deer hit by a car",
        "Injured raccoon in my yard",
        "A cat is stuck in the tree",
        "Someone broke into my car last night and stole my bike",
        "No left turning is allowed here but drivers do it",
        "The parking meter keeps being broken",
        "Dead tree in the park",
        "The light is not responding to the walk button",
        "The landlord is not responding",
        "Traffic is not moving at Burnside",
        "The roof leaks and the ceiling has mold",
        "Sidewalk is collapsing near the tree",
        "They shot a movie here and left trash",
        "Basketball hoop in the street",
        "Bath bombs dumped in the fountain",
        "Who do I ask about suicide prevention barriers on the bridge?",
        "Pothole on SE 82nd and Division",
        "Please sweep the leaves",
        "Abandoned car with flat tires and no plates",
        "Graffiti on the wall of the fire station",
        "loud party, music is shooting through the walls",
        "Is there a burn ban today?",
        "Toxic waste collection day, when is it?",
        "I hurt for the trees that you cut",
        "My dog is aggressive with cats",
        "Phone line hanging low over the driveway",
        "Bus line 14 is late",
        "Yellow line on the road is faded",
        "Hidrante con fuga de agua",
        "Carro estacionado frente a la estación de bomberos",
        "La gasolinera tira basura",
        "Bache en la calle Division",
        "Alguien tiró un sillón en la banqueta",
        "Perro perdido cerca del parque",
        "Robaron mi bicicleta anoche",
        "El árbol se cayó sobre la cerca",
        "Riesgo de incendio por pasto seco",
        "Quiero una copia de mi reporte policial",
        "Necesito ayuda con la renta",
        "La luz de la calle está apagada",
    ],
)
def test_a_harmless_text_tells_of_no_danger_to_life(text: str) -> None:
    assert danger_in(text) is None


@pytest.mark.parametrize(
    "text",
    [
        "Couch beside the road",
        "Mattress on the planting strip",
        "Boxes on the shoulder out of the lane",
        "Street light out on the corner",
        "car in the parking lane for weeks",
    ],
)
def test_what_lies_out_of_the_way_blocks_no_lane(text: str) -> None:
    assert "lane_blocked" not in stated_by(text)


@pytest.mark.parametrize(
    ("service_code", "danger"), [("EMERG-911", "life_in_danger"), ("ROW-GAS", "gas")]
)
def test_some_kinds_are_emergencies_whatever_is_written(service_code: str, danger: str) -> None:
    assert danger_in("please help", service_code) == danger


def test_a_wire_report_that_says_nothing_of_sparks_is_no_emergency() -> None:
    assert danger_in("It hangs over the fence", "ROW-WIRE") is None


def test_sparks_alone_make_a_wire_report_an_emergency() -> None:
    assert danger_in("It is sparking", "ROW-WIRE") == "live_wire"
