"""What a superuser rewrites shows against the signed checkpoints, and is named (decision 0007)."""

import io
import json
from datetime import timedelta

import pytest
from django.contrib.auth.models import User
from django.core.management import call_command
from django.db import DatabaseError, transaction

from enrollments.audit import breaks
from enrollments.audit.kept import kept_breaks
from enrollments.evidence import checkpoints, merkle
from enrollments.evidence.checkpoints import sign_if_due
from enrollments.models import Checkpoint, CheckpointLeaf, Consent, Enrollment
from enrollments.terms import add_terms, stand
from tests.evidence.conftest import by_superuser, kept_checkpoints, sign_checkpoint
from texture_portal import clock

HISTORIES = {Enrollment: "enrollments_historicalenrollment", Consent: "enrollments_historicalconsent"}


@pytest.fixture
def signed(story):
    sign_checkpoint()
    return Enrollment.objects.get(pk=story["id"])


def rewrite(enrollment, *, reason="forged"):
    """The whole chain anew, each digest right, and the enrollment's head with it: as only a superuser can."""
    entries = [entry for model in HISTORIES for entry in model.history.filter(ledger_id=enrollment.pk)]
    before = bytes(32)
    for entry in sorted(entries, key=lambda each: each.sequence):
        entry.history_change_reason, entry.previous_digest = reason, before
        before = entry.digest = entry.compute_digest()
        statement = f"UPDATE {entry._meta.db_table} SET history_change_reason = %s, previous_digest = %s, digest = %s"
        by_superuser(f"{statement} WHERE history_id = %s", reason, entry.previous_digest, before, entry.pk)
    by_superuser("UPDATE enrollments_enrollment SET ledger_head = %s WHERE id = %s", before, enrollment.pk)
    return before


def found_after(change):
    with transaction.atomic():
        change()
        found = [str(each) for each in breaks()]
        transaction.set_rollback(True)
    return found


@pytest.mark.usefixtures("signed")
def test_an_untouched_trail_with_checkpoints_is_whole():
    assert list(breaks()) == []


def test_a_chain_that_is_rewritten_whole_is_named(signed):
    found = found_after(lambda: rewrite(signed))
    assert found
    assert all(str(signed.pk) in each and "rewritten: checkpoint" in each for each in found), found


def test_so_it_is_where_the_leaf_is_rewritten_with_it(signed):
    def change():
        head = rewrite(signed)
        statement = "UPDATE enrollments_checkpointleaf SET head = %s WHERE subject_id = %s AND length = %s"
        assert by_superuser(statement, head, signed.pk, signed.ledger_length) == 1

    found = found_after(change)
    assert any(str(signed.pk) in each and "changed after it was signed" in each for each in found), found
    assert any("do not have the root" in each for each in found), found


def test_a_chain_that_is_cut_or_gone_is_named(signed):
    def cut():
        for table in HISTORIES.values():
            by_superuser(f"DELETE FROM {table} WHERE ledger_id = %s", signed.pk)
        by_superuser("DELETE FROM enrollments_consent WHERE enrollment_id = %s", signed.pk)
        by_superuser("DELETE FROM enrollments_enrollment WHERE id = %s", signed.pk)

    found = found_after(cut)
    assert any(str(signed.pk) in each and "is gone" in each for each in found), found
    assert any(str(signed.pk) in each and "was cut" in each for each in found), found


@pytest.mark.usefixtures("signed")
@pytest.mark.parametrize(
    ("statement", "named"),
    [
        ("UPDATE enrollments_checkpoint SET root = '\\x00' WHERE number = 1", "row 1"),
        ("UPDATE enrollments_checkpoint SET at = at - interval '1 day' WHERE number = 1", "row 1"),
        ("UPDATE enrollments_checkpoint SET signature = public_key || public_key WHERE number = 1", "row 1"),
        ("DELETE FROM enrollments_checkpoint WHERE number = 1", "checkpoint 1 is gone"),
        ("DELETE FROM enrollments_checkpointleaf WHERE checkpoint_id = 1 AND position = 0", "leaf 0 is gone"),
    ],
)
def test_a_changed_checkpoint_is_named(statement, named):
    found = found_after(lambda: by_superuser(statement))
    assert any(named in each for each in found), found


@pytest.mark.usefixtures("signed")
def test_checkpoints_cut_off_at_the_end_are_found_by_who_keeps_them():
    kept = [json.loads(line) for line in kept_checkpoints().splitlines()]
    newest = Checkpoint.objects.order_by("-number").first().number
    assert list(kept_breaks(kept)) == []
    with transaction.atomic():
        by_superuser("DELETE FROM enrollments_checkpointleaf WHERE checkpoint_id = %s", newest)
        by_superuser("DELETE FROM enrollments_checkpoint WHERE number = %s", newest)
        found = [str(each) for each in kept_breaks(kept)]
        transaction.set_rollback(True)
    assert [f"enrollments_checkpoint row {newest}" in each for each in found] == [True]


@pytest.mark.usefixtures("signed")
def test_the_next_is_signed_a_day_later_and_has_only_what_grew():
    last = Checkpoint.objects.order_by("-number").first()
    assert sign_if_due(now=last.at + timedelta(hours=23, minutes=59)) is None
    with transaction.atomic():
        made = sign_if_due(now=last.at + timedelta(days=1))
        assert (made.number, made.leaf_count, made.root) == (last.number + 1, 0, merkle.EMPTY_ROOT)
        transaction.set_rollback(True)


def test_a_backlog_is_signed_at_once_in_as_many_as_it_takes(story, monkeypatch):
    monkeypatch.setattr(checkpoints, "MOST_LEAVES", 2)
    with transaction.atomic():
        by_superuser("DELETE FROM enrollments_checkpointleaf")
        by_superuser("DELETE FROM enrollments_checkpoint")
        counts, now = [], clock.now()
        while (made := sign_if_due(now=now)) is not None:
            counts.append(made.leaf_count)
        assert counts[:-1] == [2] * (len(counts) - 1)
        assert counts[-1] < 2
        assert CheckpointLeaf.objects.filter(subject_id=story["id"]).count() == 1
        assert list(breaks()) == []
        transaction.set_rollback(True)


def test_every_path_of_a_tree_of_any_size_leads_to_its_root():
    for size in range(1, 34):
        leaves = [merkle.leaf_hash(bytes([place])) for place in range(size)]
        for place, leaf in enumerate(leaves):
            for side, beside in merkle.path_of(leaves, place):
                pair = beside + leaf if side == "left" else leaf + beside
                leaf = merkle.hashlib.sha256(b"\x01" + pair).digest()
            assert leaf == merkle.root_of(leaves)


@pytest.mark.usefixtures("signed")
def test_the_command_says_how_far_checkpoints_reach_and_takes_those_that_were_kept(tmp_path):
    kept, said = tmp_path / "kept.jsonl", io.StringIO()
    call_command("export_checkpoints", str(kept))
    call_command("verify_audit_trail", checkpoints=kept, stdout=said, stderr=io.StringIO())
    assert f"{Checkpoint.objects.count()} signed checkpoints" in said.getvalue()


def a_text(enrollment, version):
    given = {"program": None, "now": clock.now(), "user": User.objects.get(username="vera")}
    return add_terms(version=version, text=f"The text of {version}.", partner=enrollment.partner, **given)


@pytest.mark.parametrize(
    "change",
    [
        "UPDATE enrollments_terms SET text = text || ' ' WHERE id = %s",
        "UPDATE enrollments_terms SET version = 'another' WHERE id = %s",
        "UPDATE enrollments_terms SET added_at = added_at - interval '1 year' WHERE id = %s",
        "UPDATE enrollments_terms SET text = 'x', digest = sha256('x') WHERE id = %s",
    ],
)
def test_whatever_is_changed_of_terms_is_named(signed, change):
    with transaction.atomic():
        terms = a_text(signed, "2030-01")
        sign_checkpoint()
        assert list(breaks()) == []
        assert by_superuser(change, terms.pk) == 1
        found = [str(each) for each in breaks()]
        transaction.set_rollback(True)
    assert found
    assert all(str(terms.pk) in each for each in found), found


def test_a_text_that_no_checkpoint_signed_yet_has_its_digest(signed):
    with transaction.atomic():
        terms = a_text(signed, "2030-02")
        by_superuser("UPDATE enrollments_terms SET text = 'Another.' WHERE id = %s", terms.pk)
        assert [f"enrollments_terms row {terms.pk}" in str(each) for each in breaks()] == [True]
        transaction.set_rollback(True)


def test_terms_under_a_checkpoint_are_not_taken_away_even_where_nobody_agreed(signed):
    """Else the trail would lack for good what the checkpoint signed."""
    with transaction.atomic():
        terms = a_text(signed, "2030-03")
        sign_checkpoint()
        assert stand(terms)
        with pytest.raises(DatabaseError, match="under a signed checkpoint"), transaction.atomic():
            terms.delete()
        assert list(breaks()) == []
        transaction.set_rollback(True)
