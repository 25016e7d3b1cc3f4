from shared.contract.events import Media, WorkOrderChanged, WorkOrderIssued, encode
from tests.support.builders import location
from tests.support.dispatch.factories import harbour_request, triaged
from tests.unit.dispatch.harness import DispatchHarness, of_type


async def test_work_orders_have_the_location_and_media_of_the_request_byte_for_byte(
    harness: DispatchHarness,
) -> None:
    request = harbour_request(
        location=location(accuracy_m=5, details="by the “stop”"),
        media=(Media(url="https://example.org/1.jpg"),),
    )
    decided = triaged(of=request)

    issued = of_type(WorkOrderIssued, await harness.handle(decided))
    changed = of_type(WorkOrderChanged, await harness.handle(triaged(decided.data.case_id)))

    for event in (*issued, *changed):
        value = encode(event)
        assert f'"location":{request.location.model_dump_json()}'.encode() in value
        assert f'"media":[{request.media[0].model_dump_json()}]'.encode() in value
    assert issued
    assert changed
