from services.triage.surges.detection import Window
from services.triage.surges.state import SurgeState, TrackedSurge


def test_a_stored_state_is_read_as_it_was_written() -> None:
    surge = TrackedSurge(began=Window(1, 7, 12, 3.0), published=1)
    state = SurgeState(since=0, newest=7, surges=[surge])

    stored = state.model_dump_json()

    assert '"told":1' in stored  # the stored name of how much was published
    assert SurgeState.model_validate_json(stored) == state
