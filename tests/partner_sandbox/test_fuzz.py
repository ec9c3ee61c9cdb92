"""Schemathesis against the calls that only a sandbox has: no 5xx, and no answer beyond the document that it serves."""

import os
import urllib.request
from datetime import timedelta

import pytest
import schemathesis
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

from tests.docs.schema import Document
from tests.docs.test_fuzz import HELD_TO, MODES, Signature
from tests.partner_sandbox.test_sandbox import at
from tests.waiting import PATIENCE

pytestmark = pytest.mark.fuzz

BOUNDED = settings(
    max_examples=int(os.environ.get("FUZZ_EXAMPLES", "12")),
    deadline=timedelta(seconds=PATIENCE),
    derandomize="FUZZ_EXAMPLES" not in os.environ,
    database=None,
    phases=[Phase.explicit, Phase.generate],
    suppress_health_check=list(HealthCheck),
)
LABELS = ["POST /v1/sandbox/scenarios", "POST /v1/sandbox/link-sessions", "POST /v1/sandbox/reset"]


@pytest.fixture(scope="module")
def document(sandbox):
    with urllib.request.urlopen(f"http://{sandbox.authority}/v1/openapi.json", timeout=PATIENCE) as answer:
        return Document.read(answer.read())


def test_every_call_of_a_sandbox_alone_is_fuzzed(document):
    assert {f"{method} {path}" for method, path in document.operations() if "/sandbox/" in path} == set(LABELS)


@pytest.mark.parametrize("how", MODES)
@pytest.mark.parametrize("label", LABELS)
def test_no_answer_is_beyond_the_document(document, partner, maker, label, how):
    api, oem = schemathesis.openapi.from_dict(document.whole), partner()
    operation = next(each.ok() for each in api.get_all_operations() if each.ok().label == label)
    answered = []

    @BOUNDED
    @given(case=operation.as_strategy(generation_mode=MODES[how]), settle=st.booleans())
    def ask(case, settle):
        if settle and isinstance(case.body, dict):
            _settle(case.body, oem)
        response = case.call(base_url=f"http://{oem.authority}", auth=Signature(oem))
        answered.append(response.status_code)
        case.validate_response(response, checks=HELD_TO)

    ask()
    assert answered
    if how == "fitting":
        assert min(answered) < 300, f"nothing of {label} was taken: {sorted(set(answered))}"


def _settle(body, oem):
    """What no schema can say: objects that are there, new ones where a scenario ends them. None is in review: what is
    decided there is evidence for whoever comes next."""
    if "enrollmentId" in body:
        body["scenario"] = "revoke_as_customer"
        body["enrollmentId"] = oem.enrolled(at("1 Matched Way"))["id"]
        body.pop("utilityEiaId", None)
    if "linkSessionId" in body:
        body["linkSessionId"] = oem.post("/v1/link-sessions", {"manufacturerDeviceId": "any"}).json["id"]
