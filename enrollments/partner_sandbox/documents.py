"""What partners send to play a scenario."""

from typing import Any

from rest_framework import serializers
from rest_framework.exceptions import ErrorDetail, ValidationError

from devices.kinds import KINDS
from enrollments.partner_sandbox.lateness import LATENESS
from enrollments.partner_sandbox.scenarios import SCENARIOS
from partners.wire import Choice, Identifier, Text, WireSerializer


class ScenarioDocument(WireSerializer):
    scenario = Choice(choices=list(SCENARIOS))
    enrollment_id = Identifier()
    utility_eia_id = Text(required=False)
    command = Choice(choices=sorted({slug for kind in KINDS.values() for slug in kind.commands}), required=False)
    input = serializers.DictField(required=False)

    def validate(self, attrs: dict[str, Any]) -> dict[str, Any]:
        if attrs["scenario"] == "command" and "command" not in attrs:
            raise ValidationError({"command": [ErrorDetail("Say which command.", code="required")]})
        return attrs


class LatenessDocument(WireSerializer):
    scenario = Choice(choices=list(LATENESS))
    link_session_id = Identifier()


class ResetDocument(WireSerializer):
    """Nothing need be said."""
