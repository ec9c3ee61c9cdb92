"""A record of a consent as partners send it: what §11.5 has them keep, with the file where there is one."""

import base64
import binascii
from typing import Any

from rest_framework.exceptions import ValidationError

from enrollments.documents import IPAddressField
from enrollments.evidence.records import RecordClaim
from enrollments.models import EvidenceRecord
from partners.wire import Choice, Instant, ListOf, Text, WireSerializer, camel_case
from texture_portal.clock import to_wire

LARGEST_FILE = 5 * 1024 * 1024  # bytes; its base64 stays under LARGEST_BODY
LARGEST_BODY = 8 * 1024 * 1024
MEDIA_TYPES = ("application/pdf", "image/png", "image/jpeg", "text/plain", "text/csv", "application/json")


class Base64Field(Text):
    def to_internal_value(self, data: Any) -> str:
        text = super().to_internal_value(data)
        try:
            content = base64.b64decode(text, validate=True)
        except (binascii.Error, ValueError):
            raise ValidationError("Must be base64.", code="invalid") from None
        if len(content) > LARGEST_FILE:
            raise ValidationError(f"Must be at most {LARGEST_FILE} bytes.", code="out_of_range")
        return text


class FileDocument(WireSerializer):
    name = Text()
    media_type = Choice(choices=MEDIA_TYPES)
    content = Base64Field(max_length=LARGEST_BODY)


class EvidenceRecordDocument(WireSerializer):
    method = Choice(choices=EvidenceRecord.Method.values)
    captured_at = Instant()
    terms_version = Text()
    ip_address = IPAddressField(required=False)
    user_agent = Text(required=False, max_length=1000)
    modifications = ListOf(child=Text(max_length=1000), required=False, max_length=50)
    file = FileDocument(required=False)


def record_claim(read: dict[str, Any]) -> RecordClaim:
    content = {camel_case(name): value for name, value in read.items() if name != "file"}
    content["capturedAt"] = to_wire(read["captured_at"])
    if "file" in read:
        content["file"] = {camel_case(name): value for name, value in read["file"].items()}
    return RecordClaim(read["method"], content)
