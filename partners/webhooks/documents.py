"""What partners send about their endpoints."""

from typing import Any

from rest_framework.exceptions import ValidationError

from partners.http import UrlRefusedError, check_url
from partners.models.webhook import LONGEST_URL
from partners.webhooks.types import EVERY, TYPES
from partners.wire import Choice, ListOf, Text, WireSerializer


class CallableUrl(Text):
    def to_internal_value(self, data: Any) -> str:
        url = super().to_internal_value(data)
        try:
            check_url(url)
        except UrlRefusedError as fault:
            raise ValidationError(str(fault), code="invalid") from fault
        return url


class WebhookEndpointDocument(WireSerializer):
    url = CallableUrl(max_length=LONGEST_URL)
    event_types = ListOf(child=Choice(choices=[*TYPES, EVERY]), min_length=1, max_length=50)
