"""`POST /oauth/token/`: bearer tokens for client credentials, and for nothing else (contract §2.1)."""

from typing import Any

from django.http import HttpRequest, HttpResponse, JsonResponse
from oauth2_provider.oauth2_validators import OAuth2Validator
from oauth2_provider.views import TokenView

from texture_portal.gates import Gate, knock

MOST_BYTES = 65_536


class PartnerClients(OAuth2Validator):
    def _load_application(self, client_id: str | None, request: Any) -> Any:
        """No client has an id that PostgreSQL cannot even be asked for."""
        if not client_id or not client_id.isprintable():
            return None
        return super()._load_application(client_id, request)


class ClientCredentialsTokenView(TokenView):
    http_method_names = ["post"]
    validator_class = PartnerClients

    def post(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        if wait := knock(Gate.TOKEN, request.META.get("REMOTE_ADDR")):
            refused = _refused(
                "temporarily_unavailable", "Tokens are asked for too often from this address.", status=429
            )
            refused.headers["Retry-After"] = str(wait)
            return refused
        if int(request.META.get("CONTENT_LENGTH") or 0) > MOST_BYTES:
            return _refused("invalid_request", "The form is too large.", status=413)
        grant_type = request.POST.get("grant_type")
        if grant_type is None:
            return _refused("invalid_request", "The form names no grant_type.")
        if grant_type != "client_credentials":
            return _refused("unsupported_grant_type", "Only client_credentials is granted here.")
        response: HttpResponse = self.authorization_flow_token_response(request)
        return response


def _refused(error: str, description: str, *, status: int = 400) -> HttpResponse:
    return JsonResponse(
        {"error": error, "error_description": description}, status=status, headers={"Cache-Control": "no-store"}
    )
