"""The addresses beside the partner API proper: tokens, health, and this document."""

from typing import Any

from texture_portal.openapi import examples
from texture_portal.openapi.schema import shape

NAMED = {"X-Request-ID": {"$ref": "#/components/headers/X-Request-ID"}}


def _answer(about: str, name: str, example: Any) -> dict[str, Any]:
    content = {"application/json": {"schema": shape(name), "example": example}}
    return {"description": about, "headers": NAMED, "content": content}


def _refused_for_a_while() -> dict[str, Any]:
    answer = _answer("Asked too often from this address", "TokenRefusal", {"error": "temporarily_unavailable"})
    wait = {"description": "Seconds to wait.", "schema": {"type": "integer", "minimum": 1}, "required": True}
    return {**answer, "headers": {**NAMED, "Retry-After": wait}}


FORM = {
    "type": "object",
    "properties": {
        "grant_type": {"const": "client_credentials"},
        "scope": {"type": "string", "description": "Separated by spaces; none: all that the client has."},
        "client_id": {"type": "string", "description": "Where the client does not use HTTP Basic."},
        "client_secret": {"type": "string", "description": "Where the client does not use HTTP Basic."},
    },
    "required": ["grant_type"],
}
TOKEN = {
    "post": {
        "operationId": "getToken",
        "tags": ["Tokens"],
        "summary": "Get a bearer token",
        "description": "OAuth 2.0 client credentials, by HTTP Basic or in the form. Answers are as RFC 6749 has them.",
        "security": [{"clientSecret": []}, {}],
        "requestBody": {
            "required": True,
            "content": {
                "application/x-www-form-urlencoded": {
                    "schema": FORM,
                    "example": {"grant_type": "client_credentials", "scope": "enrollments:read enrollments:write"},
                }
            },
        },
        "responses": {
            "200": _answer("The token", "Token", examples.TOKEN),
            "400": _answer("Another grant, or a scope that the client lacks", "TokenRefusal", examples.WRONG_SCOPE),
            "401": _answer("Unknown client, or a wrong secret", "TokenRefusal", {"error": "invalid_client"}),
            "429": _refused_for_a_while(),
            "413": _answer("The form is too large", "TokenRefusal", {"error": "invalid_request"}),
        },
    }
}
HEALTHZ = {
    "get": {
        "operationId": "getLiveness",
        "tags": ["Health"],
        "summary": "Does the process answer?",
        "security": [],
        "responses": {"200": _answer("It does", "Liveness", {"status": "ok"})},
    }
}
READYZ = {
    "get": {
        "operationId": "getReadiness",
        "tags": ["Health"],
        "summary": "Can the portal do its work?",
        "security": [],
        "responses": {
            "200": _answer("Database, workers and schedules are there", "Readiness", {"status": "ready", "wrong": {}}),
            "503": _answer("It cannot", "Readiness", examples.UNREADY),
        },
    }
}
DOCUMENT = {
    "get": {
        "operationId": "getOpenAPI",
        "tags": ["Documentation"],
        "summary": "This document",
        "security": [],
        "responses": {
            "200": {
                "description": "OpenAPI 3.1",
                "headers": NAMED,
                "content": {
                    "application/json": {
                        "schema": {"type": "object", "required": ["openapi", "info", "paths"]},
                        "example": {"openapi": "3.1.0", "info": {"title": "…", "version": "1"}, "paths": {}},
                    }
                },
            }
        },
    }
}
PATHS = {"/oauth/token/": TOKEN, "/healthz": HEALTHZ, "/readyz": READYZ, "/v1/openapi.json": DOCUMENT}
