"""The scopes of the partner API (contract §2.1) and how a client's own are applied to its tokens."""

from typing import Any

from oauth2_provider.scopes import BaseScopes

from partners.limits import Category

SCOPES = {
    "enrollments:read": "Read enrollments",
    "enrollments:write": "Enroll devices and supply what reviews ask for",
    "events:read": "Read lifecycle events and planned maintenance",
    "events:write": "Send lifecycle events, announce planned maintenance",
    "devices:read": "Read devices and the registry of device types",
    "telemetry:read": "Read telemetry history",
    "telemetry:write": "Send telemetry",
    "commands:read": "Read commands",
    "commands:write": "Report on commands",
    "programs:read": "Read programs",
    "webhooks:write": "Manage webhook endpoints",
    "links:write": "Make link sessions",
}

# In whose rate limit a request that needs the scope is counted (contract §8).
CATEGORY_OF = {
    "enrollments:read": Category.ENROLLMENT,
    "enrollments:write": Category.ENROLLMENT,
    "events:read": Category.ENROLLMENT,
    "events:write": Category.ENROLLMENT,
    "devices:read": Category.METADATA,
    "telemetry:read": Category.HISTORICAL,
    "telemetry:write": Category.TELEMETRY,
    "commands:read": Category.CONTROL,
    "commands:write": Category.CONTROL,
    "programs:read": Category.METADATA,
    "webhooks:write": Category.METADATA,
    "links:write": Category.ENROLLMENT,
}


class PartnerScopes(BaseScopes):
    """A client may have its own scopes and no others; asking for none gives all of them."""

    def get_all_scopes(self) -> dict[str, str]:
        return SCOPES

    def get_available_scopes(
        self, application: Any = None, request: Any = None, *args: Any, **kwargs: Any
    ) -> list[str]:
        return list(application.scopes) if application else list(SCOPES)

    def get_default_scopes(self, application: Any = None, request: Any = None, *args: Any, **kwargs: Any) -> list[str]:
        return self.get_available_scopes(application, request)
