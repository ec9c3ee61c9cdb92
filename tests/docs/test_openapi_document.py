"""`GET /v1/openapi.json`: a valid OpenAPI 3.1 document of all there is and nothing else (contract §10)."""

import ast
import inspect
import re
from typing import Any

import pytest
import schemathesis
from contract.client import Client, send
from contract.payloads import enrollment
from contract.signing import Request
from django.urls import URLPattern, URLResolver, get_resolver

from enrollments import actions
from partners.problems import PROBLEMS
from partners.views import NotFoundView, PartnerView
from texture_portal.openapi.calls.call import Call
from texture_portal.openapi.calls.table import CALLS
from texture_portal.openapi.requests import schemas_of
from texture_portal.openapi.shapes import ACTIONS
from texture_portal.openapi.words import FIELDS

from .schema import Document


def routes(patterns: list[Any], before: str = "") -> list[tuple[str, Any]]:
    """Every path and its view."""
    found = []
    for each in patterns:
        path = before + str(each.pattern)
        if isinstance(each, URLResolver):
            found += routes(each.url_patterns, path)
        elif isinstance(each, URLPattern):
            found.append((path, each.callback))
    return found


def served() -> set[tuple[str, str]]:
    """(method, path as OpenAPI writes it) of every route under /v1/."""
    found = set()
    for path, view in routes(get_resolver().url_patterns):
        view_class = getattr(view, "cls", getattr(view, "view_class", None))
        if not path.lstrip("^").startswith("v1/") or view_class is NotFoundView:
            continue
        methods = view_class.scopes if view_class and issubclass(view_class, PartnerView) else ["GET"]
        template = "/" + re.sub(r"<\w+:(\w+)>", lambda match: "{" + camel(match[1]) + "}", path)
        found |= {(method, template) for method in methods}
    return found


def camel(name: str) -> str:
    first, *rest = name.split("_")
    return first + "".join(word.capitalize() for word in rest)


def test_it_is_served_to_everybody_and_is_valid_openapi_3_1(authority: str, document: Document) -> None:
    answer = send(Request("GET", authority, "/v1/openapi.json"))
    assert (answer.status, answer.headers.get_content_type()) == (200, "application/json")
    assert answer.headers["X-Request-ID"]
    assert document.whole["openapi"] == "3.1.0"
    assert document.whole["servers"] == [{"url": f"http://{authority}"}]
    schemathesis.openapi.from_dict(document.whole).validate()


@pytest.mark.parametrize("method", ["POST", "DELETE", "BREW"])
def test_it_can_only_be_read(authority: str, method: str) -> None:
    answer = send(Request(method, authority, "/v1/openapi.json")).check()
    assert (answer.status, answer.code, answer.headers["Allow"]) == (405, "method_not_allowed", "GET, HEAD")


def test_it_has_every_route_under_v1_and_no_other(document: Document) -> None:
    written = {label for label in document.operations() if label[1].startswith("/v1/")}
    assert written == served()


def test_each_call_asks_for_the_scope_that_its_view_checks(document: Document) -> None:
    for call in CALLS:
        [wanted] = document.operations()[(call.method, call.path)]["security"]
        assert wanted["oauth2"] == [call.view.scopes[call.method]]
        assert ("httpSignature" in wanted) == (call.method != "GET")


def test_every_code_has_its_example_and_some_place(document: Document) -> None:
    examples = document.whole["components"]["examples"]
    assert list(examples) == list(PROBLEMS)
    for code, example in examples.items():
        document.check({"$ref": "#/components/schemas/Problem"}, example["value"])
        assert example["value"]["code"] == code
        assert (example["summary"], example["description"]) == (PROBLEMS[code].title, PROBLEMS[code].remedy)
    named = set(re.findall(r"#/components/examples/(\w+)", str(document.whole)))
    assert named == set(PROBLEMS)


def test_every_call_has_an_example_and_it_fits(document: Document) -> None:
    for label, operation in document.operations().items():
        for content in operation.get("requestBody", {}).get("content", {}).values():
            document.check(content["schema"], content["example"])
        for status, response in operation["responses"].items():
            for content in response["content"].values():
                if "examples" not in content:
                    document.check(content["schema"], content["example"])
                assert content.get("example") or content["examples"], (label, status)


def test_every_reference_leads_somewhere(document: Document) -> None:
    for reference in set(re.findall(r"'\$ref': '#/([^']+)'", str(document.whole))):
        place: Any = document.whole
        for name in reference.split("/"):
            place = place[name]


@pytest.mark.parametrize("call", [call for call in CALLS if not call.is_signed], ids=lambda call: call.name)
def test_a_call_comes_in_pages_exactly_where_the_document_says(oem: Client, document: Document, call: Call) -> None:
    made = oem.enrolled(enrollment())
    path = call.path.replace("{enrollmentId}", made["id"]).replace("{deviceId}", made["device"]["id"])
    parameters = document.operations()[(call.method, call.path)]["parameters"]
    answer = oem.get(path, limit=0)
    assert (answer.status == 400) == ("limit" in {parameter.get("name") for parameter in parameters})


def test_every_field_that_is_spoken_of_exists() -> None:
    bodies = schemas_of(*[call.body for call in CALLS if call.body is not None])
    fields = {f"{name}.{field}" for name, schema in bodies.items() for field in schema["properties"]}
    queries = [call.query for call in CALLS if call.query is not None]
    bases = [(base, query) for query in queries for base in query.__mro__]
    fields |= {f"{base.__name__}.{name}" for base, query in bases for name in query().fields}
    assert set(FIELDS) <= fields


def test_the_codes_of_required_actions_are_those_that_the_portal_gives() -> None:
    """And the contract's others, which no present rule leads to."""
    calls = [node for node in ast.walk(ast.parse(inspect.getsource(actions))) if isinstance(node, ast.Call)]
    made = [call for call in calls if isinstance(call.func, ast.Name) and call.func.id == "RequiredAction"]
    codes = {call.args[0].value for call in made if isinstance(call.args[0], ast.Constant)}
    assert codes
    assert codes | set(actions.CODE_FOR.values()) <= set(ACTIONS)


def test_the_token_endpoint_answers_as_the_document_says(oem: Client, document: Document) -> None:
    for answer, status in ((oem.ask_token(), 200), (oem.ask_token(scope="all"), 400), (oem.ask_token(secret="x"), 401)):
        assert answer.status == status
        document.check_answer("POST", "/oauth/token/", status, answer.headers.get_content_type(), answer.json)
