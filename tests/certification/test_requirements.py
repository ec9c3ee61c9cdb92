"""The language that requirements are written in: what it takes, and what it says of what it does not take."""

import pytest

from devices.certification.requirement import RequirementError, Vocabulary, read, requirements_in
from devices.certification.suite import DOCUMENTS, VOCABULARY, of_clouds

GOOD = """
title: Devices answer
section: "4.10"
applies: [it_tells_states]
steps:
  - list_devices: {times: 2}
criteria:
  - some_are_listed
  - younger_than: {minutes: 15, share: 0.5}
remedy: Have them answer.
"""


def test_a_document_is_read():
    found = read("answers", GOOD, VOCABULARY)
    assert (found.name, found.section, found.is_last, found.is_recommended) == ("answers", "4.10", False, False)
    assert [(each.word, dict(each.given)) for each in found.criteria] == [
        ("some_are_listed", {}), ("younger_than", {"minutes": 15, "share": 0.5}),
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("wrong", "right", "told"),
    [
        ("list_devices", "list_things", "answers.steps[0]: there is no list_things; there are "),
        ("times: 2", "often: 2", "answers.steps[0]: list_devices: got an unexpected keyword argument 'often'"),
        ("{minutes: 15, share: 0.5}", "{share: 0.5}", "answers.criteria[1]: younger_than: missing a required argument"),
        ("title: Devices answer", "titel: Devices answer", "answers: it needs a title"),
        ("remedy:", "whatever: 1\nremedy:", "answers: there is no member whatever"),
        ("[it_tells_states]", "[it_is_blue]", "answers.applies[0]: there is no it_is_blue"),
        ("section:", "{", "answers: it is no YAML"),
    ],
)
def test_what_there_is_no_word_for_is_told_with_its_place(wrong, right, told):
    with pytest.raises(RequirementError) as fault:
        read("answers", GOOD.replace(wrong, right, 1), VOCABULARY)
    assert str(fault.value).startswith(told)


def test_a_new_check_is_one_new_document(tmp_path):
    for path in DOCUMENTS.glob("*.yaml"):
        (tmp_path / path.name).write_text(path.read_text())
    (tmp_path / "answers.yaml").write_text(GOOD)
    found = requirements_in(tmp_path, VOCABULARY)
    assert len(found) == len(of_clouds().requirements) + 1
    assert "answers" in {each.name for each in found}


def test_every_word_is_used_by_some_document():
    """The vocabularies are closed: a word that no document says is dead."""
    said = {name: set() for name in Vocabulary.__slots__}
    for requirement in of_clouds().requirements:
        for name in said:
            said[name] |= {each.word for each in getattr(requirement, name)}
    assert {name: set(getattr(VOCABULARY, name)) for name in said} == said
