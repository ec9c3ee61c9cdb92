"""A call becomes a request, page after page."""

import pytest

from devices.connectors.pull import asking, paging
from devices.connectors.pull.documents import Call, Pages


def pages_of(call, answers, headers=None):
    """The places that are asked for, until the list ends."""
    places, place = [], paging.first(call)
    for answer in answers:
        places.append(place)
        place = paging.following(call, answer, count=len(answer["rows"]), headers=headers or {}, place=place)
        if place is None:
            return places
    return places


def test_names_are_escaped_in_paths_and_queries():
    call = Call("x", "/sites/{site}/state", query={"q": "{text}", "size": 10, "deep": True})
    asked = asking.ask(call, {"site": "a/b c?", "text": "ä&b"})
    assert asked.target == "/sites/a%2Fb%20c%3F/state?q=%C3%A4%26b&size=10&deep=true"


def test_bodies_as_form_or_json():
    form = asking.ask(Call("x", "/x", method="POST", form={"serialNum": "{device}"}), {"device": "1 2"})
    assert (form.body, form.headers["Content-Type"]) == (b"serialNum=1+2", "application/x-www-form-urlencoded")
    document = asking.ask(
        Call("x", "/x", method="POST", json={"ids": ["{device}"], "n": "{n}"}), {"device": "a", "n": 3}
    )
    assert document.body == b'{"ids": ["a"], "n": 3}'


def test_a_name_that_was_not_kept_is_said():
    with pytest.raises(asking.UnknownNameError, match="site"):
        asking.ask(Call("x", "/{site}"), {})


def test_cursors():
    call = Call("x", "/x", pages=Pages("cursor", "after", next="next"))
    assert pages_of(call, [{"rows": [1], "next": "b"}, {"rows": [], "next": "c"}, {"rows": [1], "next": None}]) == [
        None, "b", "c",
    ]  # fmt: skip
    assert asking.ask(call, {}, place="b").target == "/x?after=b"


def test_a_cursor_that_stays_is_a_fault():
    call = Call("x", "/x", pages=Pages("cursor", "after", next="next"))
    with pytest.raises(paging.PagingError):
        pages_of(call, [{"rows": [1], "next": "b"}, {"rows": [1], "next": "b"}])


def test_page_numbers_and_offsets():
    rows = [{"rows": [1, 2]}, {"rows": [1, 2]}, {"rows": [1]}]
    assert pages_of(Call("x", "/x", items="rows", pages=Pages("page", "p", first=1, size=2)), rows) == [1, 2, 3]
    assert pages_of(Call("x", "/x", items="rows", pages=Pages("offset", "o", size=2)), rows) == [0, 2, 4]


def test_links_in_the_answer_or_beside_it():
    call = Call("x", "/x", pages=Pages("link", next="links.next"))
    assert pages_of(call, [{"rows": [], "links": {"next": "/x?page=2"}}, {"rows": []}]) == [None, "/x?page=2"]
    assert asking.ask(call, {}, place="/x?page=2").target == "/x?page=2"
    header = {"Link": '<https://a.example/x?page=1>; rel="prev", <https://a.example/x?page=3>; rel="next"'}
    assert paging.following(Call("x", "/x", pages=Pages("link")), {}, count=0, headers=header, place=None) == (
        "https://a.example/x?page=3"
    )


def test_a_cursor_in_the_body():
    call = Call("x", "/x", method="POST", json={"size": 5}, pages=Pages("cursor", "after", where="json", next="n"))
    assert asking.ask(call, {}, place="b").body == b'{"size": 5, "after": "b"}'
