"""The document against the running portal: each refusal that it names, brought about and held to it."""

import pytest

from texture_portal.openapi.calls.call import Call
from texture_portal.openapi.calls.table import CALLS

from .portal import Portal, hold
from .refusals_of_all import OF_ALL
from .refusals_of_some import OF_SOME
from .schema import Document

NOT_BROUGHT_ABOUT = {
    "rate_limited": "tests/partners/test_rate_limits.py sends as many as that takes",
    "internal_error": "nothing that a partner can send may lead to it",
    "unavailable": "the database would have to go",
    "request_in_progress": "tests/contract holds two requests against each other",
}
NAMED = [(call, code) for call in CALLS for code in call.all_codes if code not in NOT_BROUGHT_ABOUT]


@pytest.mark.parametrize(("call", "code"), NAMED, ids=[f"{call.name} {code}" for call, code in NAMED])
def test_a_refusal_that_the_document_names_is_given_as_it_says(
    document: Document, portal: Portal, call: Call, code: str
) -> None:
    exchange = {**OF_ALL, **OF_SOME}[code](portal, call)
    assert exchange[1].code == code
    hold(document, exchange, call)
