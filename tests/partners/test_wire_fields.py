"""Fields of the wire: one JSON type each, and every fault of a document at once, with its pointer."""

from datetime import UTC, date, datetime
from uuid import UUID

import pytest
from rest_framework.exceptions import ValidationError

from partners.wire import (
    Choice,
    Day,
    Digits,
    Flag,
    Identifier,
    Instant,
    ListOf,
    Number,
    Text,
    Whole,
    WireSerializer,
    faults_of,
)


class Address(WireSerializer):
    street_one = Text()
    street_two = Text(required=False, allow_null=True)


class Document(WireSerializer):
    reference_id = Text(max_length=5, required=False)
    opted_in = Flag(required=False)
    granted_at = Instant(required=False)
    commissioned_on = Day(required=False)
    latitude = Number(required=False, min_value=-90, max_value=90)
    capacity = Whole(required=False, min_value=0)
    program_id = Identifier(required=False)
    kind = Choice(choices=["battery", "other"], required=False)
    commands = ListOf(child=Text(), required=False, min_length=1, max_length=3)
    addresses = ListOf(child=Address(), required=False)
    limit = Digits(required=False, min_value=1, max_value=500)


def faults(document, serializer=Document):
    _, details = serializer.read(document, context={})
    return [(fault.pointer, fault.code) for fault in faults_of(details)] if details else []


def read(**document):
    value, details = Document.read(document, context={})
    assert details is None, details
    return value


def test_fields_travel_in_camel_case_and_arrive_in_snake_case():
    assert read(referenceId="c-1", optedIn=True) == {"reference_id": "c-1", "opted_in": True}
    assert faults({"reference_id": "c-1"}) == [("/reference_id", "unknown_field")]


@pytest.mark.parametrize(
    ("name", "value", "code"),
    [
        ("referenceId", 7, "invalid"),
        ("referenceId", None, "invalid"),
        ("referenceId", "", "invalid"),
        ("referenceId", " \t", "invalid"),
        ("referenceId", "a\x00b", "invalid"),
        ("referenceId", "123456", "invalid"),
        ("referenceId", ["a"], "invalid"),
        ("optedIn", "true", "invalid"),
        ("optedIn", 1, "invalid"),
        ("grantedAt", "2026-05-01T17:03:00", "invalid"),
        ("grantedAt", "2026-05-01", "invalid"),
        ("grantedAt", "2026-02-30T00:00:00Z", "invalid"),
        ("grantedAt", "2026-05-01T23:59:60Z", "invalid"),
        ("grantedAt", "2026-05-01T25:00:00Z", "invalid"),
        ("grantedAt", "0000-05-01T00:00:00Z", "invalid"),
        ("grantedAt", "0001-01-01T00:00:00+14:00", "invalid"),
        ("grantedAt", "9999-12-31T23:59:59-14:00", "invalid"),
        ("grantedAt", "2026-05-01T17:03:00+24:00", "invalid"),
        ("grantedAt", "\uff12026-05-01T17:03:00Z", "invalid"),
        ("grantedAt", 1777654980, "invalid"),
        ("commissionedOn", "2026-02-30", "invalid"),
        ("commissionedOn", "20260201", "invalid"),
        ("commissionedOn", "2026-02-01T00:00:00Z", "invalid"),
        ("latitude", "37.9", "invalid"),
        ("latitude", True, "invalid"),
        ("latitude", float("inf"), "invalid"),
        ("latitude", 10**400, "out_of_range"),
        ("latitude", -90.1, "out_of_range"),
        ("capacity", 1.5, "invalid"),
        ("capacity", False, "invalid"),
        ("capacity", -1, "out_of_range"),
        ("programId", "0199", "invalid"),
        ("programId", 7, "invalid"),
        ("programId", "{01990000-0000-7000-8000-000000000000}", "invalid"),
        ("kind", "Battery", "invalid"),
        ("kind", {}, "invalid"),
        ("commands", "a", "invalid"),
        ("commands", [], "out_of_range"),
        ("commands", ["a"] * 4, "out_of_range"),
        ("limit", "0", "out_of_range"),
        ("limit", "501", "out_of_range"),
        ("limit", "1e2", "invalid"),
        ("limit", "٣", "invalid"),
    ],
)
def test_what_a_field_refuses(name, value, code):
    assert faults({name: value}) == [(f"/{name}", code)]


def test_what_fields_take():
    assert read(grantedAt="2026-05-01T19:03:00.1234567+02:00")["granted_at"] == datetime(
        2026, 5, 1, 17, 3, 0, 123456, UTC
    )
    assert read(grantedAt="2026-05-01t17:03:00z")["granted_at"] == datetime(2026, 5, 1, 17, 3, tzinfo=UTC)
    assert read(commissionedOn="2024-02-29")["commissioned_on"] == date(2024, 2, 29)
    assert read(latitude=37)["latitude"] == 37
    identifier = "01990000-0000-7000-8000-00000000000A"
    assert read(programId=identifier)["program_id"] == UUID(identifier)
    assert read(addresses=[{"streetOne": "1 Main St", "streetTwo": None}])["addresses"] == [
        {"street_one": "1 Main St", "street_two": None}
    ]
    assert read(referenceId=" a b ")["reference_id"] == " a b "


def test_every_fault_comes_at_once_with_its_pointer():
    document = {
        "optedIn": "yes",
        "addresses": [{"streetOne": "1 Main St"}, {"streetTwo": 2, "a/b~c": 1}, 7],
        "commands": ["a", 1],
        "capacity": -1,
        "more": {"x": 1},
    }
    assert sorted(faults(document)) == [
        ("/addresses/1/a~1b~0c", "unknown_field"),
        ("/addresses/1/streetOne", "required"),
        ("/addresses/1/streetTwo", "invalid"),
        ("/addresses/2", "invalid"),
        ("/capacity", "out_of_range"),
        ("/commands/1", "invalid"),
        ("/more", "unknown_field"),
        ("/optedIn", "invalid"),
    ]


@pytest.mark.parametrize("document", [[], "text", 7, None, True])
def test_a_document_that_is_no_object(document):
    assert faults(document) == [("", "invalid")]


def test_a_rule_over_several_fields_points_at_the_whole_or_at_one():
    class Either(Document):
        def validate(self, attrs):
            if not attrs:
                raise ValidationError("Say something.", code="required")
            if attrs.get("capacity") == 4711:
                raise ValidationError({"capacity": ["Not that."]}, code="invalid")
            return attrs

    assert faults({}, Either) == [("", "required")]
    assert faults({"capacity": 4711}, Either) == [("/capacity", "invalid")]
    assert faults({"capacity": 1}, Either) == []
