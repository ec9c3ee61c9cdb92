"""OEM clouds in the admin: how each is reached, and the connections to it. Its secret is set, and shown nowhere."""

from datetime import datetime
from typing import Any

from django.contrib import admin
from django.contrib.auth.models import User
from django.http import HttpRequest, HttpResponse
from unfold.contrib.filters.admin import ChoicesDropdownFilter, RelatedDropdownFilter
from unfold.decorators import display

from devices.admin.counting import count_of
from devices.admin.forms import ApiKeyForm, ClientCredentialsForm, CloudForm, CloudSecretForm
from devices.connections import programmatic
from devices.models import Cloud, Connection
from texture_portal.actors import Actor, staff
from texture_portal.console.histories import HistoryAdmin
from texture_portal.console.verbs import Verb, VerbsMixin

SECRET, CONNECT = "devices.set_cloud_secret", "devices.add_connection"


def by(user: User) -> Actor:
    return staff(user_id=user.pk, name=user.get_username())


def _set_secret(cloud: Cloud, given: dict[str, Any], now: datetime, user: User) -> str:
    count = programmatic.set_cloud_secret(cloud, given["secret"], by=by(user), reason=given["reason"])
    return f"The client secret is sealed. {count} connections that were broken for want of it are tried again."


def _add_client(cloud: Cloud, given: dict[str, Any], now: datetime, user: User) -> str:
    made = programmatic.connect_by_client_credentials(
        cloud, grantor=given["grantor"], name=given["name"], client_id=given["client_id"],
        client_secret=given["secret"], now=now, by=by(user),
    )  # fmt: skip
    return f"{made} is connected; its first call asks for a token."


def _add_key(cloud: Cloud, given: dict[str, Any], now: datetime, user: User) -> str:
    made = programmatic.connect_by_api_key(
        cloud, grantor=given["grantor"], name=given["name"], key=given["secret"], now=now, by=by(user)
    )
    return f"{made} is connected."


VERBS = (
    Verb(
        "set-secret", "Set the client secret", "The portal's own at this cloud. It takes the place of the one before.",
        SECRET, _set_secret, form=CloudSecretForm,
    ),
    Verb(
        "connect-client", "Connect by client credentials", "For a utility, a program, or a fleet owner (§3.2, §3.3).",
        CONNECT, _add_client, fits=lambda cloud: bool(cloud.token_url), form=ClientCredentialsForm,
    ),
    Verb(
        "connect-key", "Connect by API key", "For a fleet owner or a program (§3.2, §3.3).", CONNECT, _add_key,
        form=ApiKeyForm,
    ),
)  # fmt: skip


@admin.register(Cloud)
class CloudAdmin(VerbsMixin, HistoryAdmin):
    form = CloudForm
    list_display = ("name", "partner", "connector", "state_mark", "active", "broken", "polled", "has_secret")
    list_filter = (
        ("partner", RelatedDropdownFilter),
        ("connector", ChoicesDropdownFilter),
        ("state", ChoicesDropdownFilter),
    )
    list_filter_submit = True
    list_select_related = ("partner",)
    search_fields = ("name", "partner__name", "id")
    readonly_fields = ("id", "state", "state_reason", "paused_until", "has_secret", "created_at")
    fieldsets = (
        (None, {"fields": ("id", "partner", "name", "connector", "base_url", "is_test_environment", "created_at")}),
        ("Where grants are given", {"fields": ("authorize_url", "token_url", "revoke_url", "issuer", "scopes")}),
        ("How the portal proves itself", {"fields": ("client_id", "client_proof", "has_secret")}),
        ("What it wants besides", {"fields": ("authorize_parameters", "token_parameters")}),
        ("Where an API key goes", {"fields": ("api_key_place", "api_key_name", "api_key_prefix")}),
        ("How often it is asked", {"fields": ("polling_minutes", "rate_limits")}),
        ("How it fares", {"fields": ("state", "state_reason", "paused_until")}),
    )
    change_form_outer_after_template = "console/verbs_below.html"
    verbs: tuple[Verb, ...] = VERBS

    def has_delete_permission(self, request: HttpRequest, obj: Cloud | None = None) -> bool:
        return False

    def get_readonly_fields(self, request: HttpRequest, obj: Cloud | None = None) -> Any:
        """Devices and connections are the partner's: a cloud does not change hands."""
        return (*self.readonly_fields, "partner") if obj else self.readonly_fields

    def get_queryset(self, request: HttpRequest) -> Any:
        rows = super().get_queryset(request)
        return rows.annotate(
            active_count=count_of(Connection.objects.filter(status="active"), of="cloud"),
            broken_count=count_of(Connection.objects.filter(status="broken"), of="cloud"),
        )

    def change_view(self, request: HttpRequest, object_id: str, *args: Any, **kwargs: Any) -> HttpResponse:
        cloud = self.get_object(request, object_id)
        shown = {"verbs": self.buttons(request, cloud)} if cloud else {}
        kwargs["extra_context"] = {**(kwargs.get("extra_context") or {}), **shown}
        page: HttpResponse = super().change_view(request, object_id, *args, **kwargs)
        return page

    @display(description="State", ordering="state", label={"healthy": "success", "paused": "warning"})
    def state_mark(self, cloud: Cloud) -> tuple[str, str]:
        return cloud.state, cloud.get_state_display()

    @display(description="Active connections")
    def active(self, cloud: Any) -> int:
        return int(cloud.active_count)

    @display(description="Broken")
    def broken(self, cloud: Any) -> int:
        return int(cloud.broken_count)

    @display(description="Polled every")
    def polled(self, cloud: Cloud) -> str:
        return f"{cloud.polling_minutes} min" if cloud.connector == Cloud.Connector.PULL else "-"

    @display(description="Client secret", boolean=True)
    def has_secret(self, cloud: Cloud) -> bool:
        return cloud.sealed_client_secret is not None
