"""A small valid catalogue, as files to write and to invalidate."""

from collections.abc import Mapping
from pathlib import Path

HEAD = "town.gov/jurisdiction.yaml"
BUREAUS = "town.gov/bureaus.yaml"
AGENCIES = "town.gov/agencies.yaml"
ROUTING = "town.gov/routing.yaml"
GROUPS = "town.gov/dedup_groups.yaml"
FIELDS = "town.gov/fields.yaml"
ANSWERS = "town.gov/answers.yaml"
CIRCUMSTANCES = "town.gov/circumstances.yaml"
OWNERS = "town.gov/owners.yaml"
REASONS = "town.gov/referral_reasons.yaml"
STREETS = "town.gov/services/streets.yaml"
CONDITIONS = "common/conditions.yaml"
EMERGENCIES = "common/emergencies.yaml"
QUESTIONS = "common/questions.yaml"

GOOD: Mapping[str, str] = {
    HEAD: """\
name: Town
timezone: America/Los_Angeles
languages: [en, es]
holidays: {country: US, subdivision: OR}
phone: '311'
office_hours: {mon-fri: 08:00-17:00}
other: OTHER
default_points:
  - {latitude: 45.5, longitude: -122.6, reason: town hall}
neighbours:
  next: {name: Next Town, phone: 503-555-0100}
""",
    BUREAUS: """\
ROADS: {name: Roads, phone: 503-555-0101, hours: 24/7}
DESK: {name: Service desk}
""",
    AGENCIES: "EXT-STATE: {name: The State, url: 'https://state.example', reason: its_own}\n",
    REASONS: "its_own: {en: It belongs to the State., es: Es del Estado.}\n",
    QUESTIONS: """\
questions: {en: [what is], es: [cuál es]}
complaints: {en: [missed], es: [faltó]}
complaint_exceptions: {}
""",
    ANSWERS: """\
kinds: [OTHER]
allowed_conditions: [large]
answers:
  trash:
    phrases: {en: [trash day], es: [día de la basura]}
    text: {en: Trash goes on Monday., es: La basura sale el lunes.}
    source: assumed
  big_trash:
    supersedes: trash
    kinds: [HOLE]
    phrases: {en: [big trash day], es: [día de la basura grande]}
    text: {en: Big trash goes on Friday., es: La basura grande sale el viernes.}
    source: assumed
""",
    CIRCUMSTANCES: """\
places:
  kinds: [HOLE]
  max_points: 10
  types:
    pit: {points: 5, when: large, within: 40 m, lines: {Pit: [[45.5, -122.6], [45.6, -122.6]]}}
reporters: {2: 3}
overdue: {1: 5}
""",
    OWNERS: "state: {when: burning, agency: EXT-STATE, reason: its_own, kinds: [HOLE]}\n",
    ROUTING: """\
- rule: at-night
  when:
    {kinds: HOLE, groups: holes, priority: [P1, P2], conditions: large, attributes: {size: Large},
      owner: state, hours: after_hours, days: [sat-sun, holiday]}
  lead: DESK
  inform: ROADS
  note: Bring cones.
- rule: quiet-hours
  when: {hours: [22:00-07:00, 12:00-13:00]}
  note: Knock first.
""",
    GROUPS: "holes: {en: Holes, es: Hoyos}\n",
    FIELDS: """\
size:
  name: {en: How large?, es: ¿De qué tamaño?}
  type: singlevaluelist
  values:
    small: {en: Small, es: Pequeño}
    large: {en: Large, es: Grande}
deep: {name: {en: Is it deep?, es: ¿Es profundo?}, type: yes_no}
""",
    CONDITIONS: """\
large:
  name: {en: Very large, es: Muy grande}
  answers: {size: large}
  phrases:
    en: [huge|giant hole]
    es: [hoyo enorme]
  except:
    en: [golf hole]
burning: {name: {en: It burns, es: Se quema}, phrases: {en: [on fire]}}
""",
    EMERGENCIES: "fire: {name: {en: Fire, es: Incendio}, any_of: [burning]}\n",
    STREETS: """\
group: {en: Streets, es: Calles}
services:
  HOLE:
    name: {en: Hole, es: Hoyo}
    keywords: {en: [hole], es: [hoyo]}
    export_types: Street hole
    priority: P2
    target: 48 h
    dedup: {group: holes, window: 7 d, radius: 15 m}
    hazard: [large]
    lead: EXT-STATE
    inform: [{bureau: DESK, when: burning}, ROADS]
    refer: [{agency: EXT-STATE, when: [large, burning]}]
    needs: {contact: required, photo: welcome}
    attributes: [size, deep]
    required_attributes: [deep]
    source: {sourced: everything, urls: ['https://town.example']}

  OTHER:
    name: {en: Something else, es: Otra cosa}
    keywords: {en: [other], es: [otro]}
    priority: P5
    target: 30 min
    dedup: never
    hazard: never
    lead: DESK
    needs: {location: no}
    source: assumed
""",
}


def write(root: Path, files: Mapping[str, str] = GOOD) -> Path:
    for name, text in files.items():
        path = root / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")
    return root
