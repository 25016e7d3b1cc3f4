from collections.abc import Collection, Sequence
from itertools import product

import pytest

from services.notify.rules.model import Delivery, Follower, Trigger, TriggerKey
from services.notify.rules.recipients import channels_for, deliveries_due, is_recipient, person_hash
from tests.support.builders import NOON
from tests.support.notify.factories import CONTACT_KEY, RULES, follower, recipient, trigger


def all_due(
    followers: Sequence[Follower],
    triggers: Sequence[Trigger],
    new_requests: Collection[str] = (),
    new_triggers: Collection[TriggerKey] = (),
) -> list[Delivery]:
    return deliveries_due(
        followers,
        triggers,
        new_requests=new_requests,
        new_triggers=new_triggers,
        rules=RULES,
        now=NOON,
    )


def told(deliveries: Sequence[Delivery]) -> list[tuple[str, int]]:
    return [(d.request_id, d.trigger.version) for d in deliveries]


@pytest.mark.parametrize(
    ("version", "heard"),
    [
        pytest.param(2, False, id="before the request joined"),
        pytest.param(3, False, id="as it joined"),
        pytest.param(4, True, id="after it joined"),
        pytest.param(7, True, id="before it left"),
        pytest.param(8, False, id="as it left"),
        pytest.param(9, False, id="after it left"),
    ],
)
def test_a_follower_hears_of_what_changes_while_the_request_is_in_the_case(
    version: int, heard: bool
) -> None:
    assert is_recipient(follower(since=3, until=8), trigger(version=version)) is heard


def test_a_follower_who_stays_hears_of_every_later_change() -> None:
    assert is_recipient(follower(since=3, until=None), trigger(version=999))


def test_nobody_hears_of_another_case() -> None:
    assert not is_recipient(follower(subject_id="case"), trigger(subject_id="another case"))


def test_a_welcome_goes_to_the_reporter_of_its_request_alone() -> None:
    welcome = trigger(version=1, template="received", only_for="mine")

    assert is_recipient(follower(request_id="mine", since=1), welcome)
    assert not is_recipient(follower(request_id="other", since=0), welcome)


def test_a_new_occasion_is_due_to_all_followers_and_no_older_one_is() -> None:
    followers = [follower(request_id=r, since=since) for r, since in (("a", 1), ("b", 2))]
    triggers = [trigger(version=v) for v in (3, 4)]

    deliveries = all_due(followers, triggers, new_triggers={("case", 4)})

    assert told(deliveries) == [("a", 4), ("b", 4)]


def test_a_request_that_became_complete_is_told_all_that_it_missed_and_no_other_is() -> None:
    followers = [follower(request_id=r, since=1) for r in ("late", "early")]
    triggers = [
        trigger(version=1, template="received", only_for="late"),
        trigger(version=3),
        trigger(version=2),
    ]

    deliveries = all_due(followers, triggers, new_requests={"late"})

    assert told(deliveries) == [("late", 1), ("late", 2), ("late", 3)]


def test_who_gave_an_address_after_the_report_gets_its_receipt_and_what_is_new() -> None:
    triggers = [
        trigger(version=1, template="received", only_for="late"),
        trigger(version=2),
        trigger(version=3),
    ]
    late = follower(request_id="late", since=1, is_late=True)

    deliveries = all_due([late], triggers, new_requests={"late"}, new_triggers={("case", 3)})

    assert told(deliveries) == [("late", 1), ("late", 3)]


def test_nothing_is_due_when_nothing_is_new() -> None:
    assert all_due([follower()], [trigger()]) == []


def test_of_two_requests_of_a_person_the_one_that_joined_first_comes_first() -> None:
    followers = [
        follower(request_id="second", since=2, recipient=recipient(languages=("en",))),
        follower(request_id="first", since=1, recipient=recipient(languages=("es",))),
    ]

    deliveries = all_due(followers, [trigger(version=3)], new_triggers={("case", 3)})

    assert [(d.request_id, d.language) for d in deliveries] == [("first", "es"), ("second", "en")]


def test_of_two_requests_of_a_person_the_one_before_a_flood_comes_first() -> None:
    followers = [
        follower(request_id="flooded", since=1, is_flooded=True),
        follower(request_id="before", since=2),
    ]

    deliveries = all_due(followers, [trigger(version=3)], new_triggers={("case", 3)})

    assert [(d.request_id, d.suppressed) for d in deliveries] == [
        ("before", None),
        ("flooded", "contact_flooded"),
    ]


@pytest.mark.parametrize(
    ("wants", "has", "ways"),
    [
        pytest.param({"email"}, {"email"}, [("email", None)], id="e-mail, and there is an address"),
        pytest.param({"email"}, {"sms"}, [("email", "no_channel")], id="e-mail without an address"),
        pytest.param(set(), {"email"}, [("email", "not_wanted")], id="nothing wanted"),
        pytest.param({"sms"}, {"email", "sms"}, [("sms", None)], id="SMS, and there is a number"),
        pytest.param({"sms"}, {"email"}, [("sms", "no_channel")], id="SMS without a number"),
        pytest.param(
            {"sms", "email"},
            {"email", "sms"},
            [("email", None), ("sms", None)],
            id="both",
        ),
    ],
)
def test_each_channel_that_was_asked_for_is_judged_by_itself(
    wants: set[str], has: set[str], ways: list[tuple[str, str | None]]
) -> None:
    person = recipient(wants=frozenset(wants), has=frozenset(has))

    assert channels_for(person, texts=True) == ways


def test_a_city_without_a_number_sends_no_text_messages() -> None:
    person = recipient(wants=frozenset({"email", "sms"}), has=frozenset({"email", "sms"}))

    assert channels_for(person, texts=False) == [("email", None), ("sms", "no_channel")]


def test_what_is_suppressed_is_due_with_its_reason() -> None:
    silent = follower(recipient=recipient(wants=frozenset()))

    (delivery,) = all_due([silent], [trigger()], new_triggers={("case", 2)})

    assert (delivery.channel, delivery.suppressed) == ("email", "not_wanted")


def test_whatever_becomes_known_last_the_same_is_due_in_the_end() -> None:
    followers = [follower(request_id=r, since=s) for r, s in (("a", 1), ("b", 2))]
    triggers = [trigger(version=v) for v in (2, 3)]
    whole = set(told(all_due(followers, triggers, {"a", "b"}, {o.key for o in triggers})))

    for requests_known, occasions_known in product(range(3), range(3)):
        before = told(
            all_due(
                followers[:requests_known],
                triggers[:occasions_known],
                {f.request_id for f in followers[:requests_known]},
                {o.key for o in triggers[:occasions_known]},
            )
        )
        after = told(
            all_due(
                followers,
                triggers,
                {f.request_id for f in followers[requests_known:]},
                {o.key for o in triggers[occasions_known:]},
            )
        )
        assert set(before) | set(after) == whole
        assert not set(before) & set(after)


def person(address: str | None = None, phone: str | None = None, request_id: str = "r1") -> str:
    return person_hash(CONTACT_KEY, address=address, phone=phone, request_id=request_id)


def test_the_same_mailbox_is_the_same_person_in_whatever_case() -> None:
    assert person("Ana@example.org") == person("ana@example.org")


def test_the_mailbox_decides_before_the_phone_and_the_phone_before_the_request() -> None:
    assert person("ana@example.org", "+15035550100") == person("ana@example.org", None, "r2")
    assert person(None, "+15035550100", "r1") == person(None, "+15035550100", "r2")
    assert person(None, None, "r1") != person(None, None, "r2")


def test_a_person_can_be_told_by_the_key_alone() -> None:
    other = person_hash(b"another key altogether", address="a@b.org", phone=None, request_id="r1")

    assert person("a@b.org") != other
    assert "a@b.org" not in person("a@b.org")


def test_a_phone_number_is_no_mailbox_of_the_same_letters() -> None:
    assert person(address="1") != person(phone="1") != person(request_id="1")


def test_the_hash_of_a_mailbox_stays_what_it_was() -> None:
    assert person("Ana@example.org") == "e9914a2d53e783d4a63f18297d5a37a3"


@pytest.mark.parametrize(("template", "texted"), [("received", False), ("attached", True)])
def test_who_has_the_number_by_text_gets_no_second_text_that_gives_it(
    template: str, *, texted: bool
) -> None:
    both = frozenset({"email", "sms"})
    informed = recipient(wants=both, has=both, informed=frozenset({"sms"}))
    due = all_due(
        [follower(recipient=informed)],
        [trigger(version=1, template=template, only_for="request")],
        new_requests=["request"],
    )

    assert [one.channel for one in due] == ["email", "sms"][: 1 + texted]
