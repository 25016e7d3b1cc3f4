from typing import Any

from services.intake.public_status.projection import PictureRules, project_events
from services.intake.public_status.store import PlacedCase
from shared.contract.events import new_id
from shared.runtime.consumer.messages import Message
from tests.support.builders import PIONEER_SQUARE, location, note_added
from tests.support.intake.fakes import RecordingPublicStatuses
from tests.support.records import record

REQUEST = new_id()
RULES = PictureRules("https://311.example.org", set())


async def test_a_note_that_tells_a_place_gives_it_to_the_case_that_is_its_key() -> None:
    statuses, case_id = RecordingPublicStatuses(), new_id()
    point, address = location(), location(latitude=None, longitude=None, address="12 Quay St")
    notes = [note_added(request_id=REQUEST, location=at) for at in (point, address, None)]
    messages: list[Message[Any]] = [Message(record(key=case_id.encode()), note) for note in notes]
    await project_events(messages, statuses, RULES)

    assert statuses.placed == [
        PlacedCase(case_id, REQUEST, "pavement", PIONEER_SQUARE.latitude, PIONEER_SQUARE.longitude)
    ]
