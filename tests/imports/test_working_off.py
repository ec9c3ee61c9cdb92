"""From an uploaded file to enrollments: dry run, run, every row by the intake of the API, nothing twice."""

import hashlib
import json
import threading
from datetime import timedelta
from types import SimpleNamespace

import pytest
from django.db import IntegrityError, connection, transaction

from enrollments.audit import breaks
from enrollments.duplicates import device_name
from enrollments.imports import keeping, reading, results, rows, running, sheets, work
from enrollments.imports.keeping import AlreadyUploadedError
from enrollments.models import Consent, Enrollment, EnrollmentFile, FileChunk, FileRow
from enrollments.timeline import timeline
from partners import evidence
from partners.models import SignedRequest
from tests.factories import PartnerFactory, enrolled
from tests.imports.conftest import a_row, as_csv, as_xlsx, complaints, now_of, work_off
from texture_portal import clock, holding
from texture_portal.refusals import Refusal

pytestmark = pytest.mark.usefixtures("in_grid")
WHY = "As agreed with them."


def run(file, user, *, drain=True):
    running.start(file, reason=WHY, now=clock.now(), user=user)
    if drain:
        work_off()
    return now_of(file)


def test_rows_are_checked_first_and_nothing_is_enrolled(upload):
    file = upload(as_csv([a_row(1), a_row(2)]))
    assert (file.status, file.counts()) == ("checked", {"ready": 2})
    assert not Enrollment.objects.exists()
    assert not FileChunk.objects.exists(), "the original has done its service"


@pytest.mark.parametrize("form", [as_csv, as_xlsx])
def test_then_staff_start_it_and_every_row_is_an_enrollment(form, upload, user, partner):
    content = form([a_row(1), a_row(2), a_row(3, consent__optedIn="false")])
    file = run(upload(content), user)
    assert (file.status, file.counts(), file.started_by) == ("done", {"enrolled": 3}, user)
    states = dict(Enrollment.objects.values_list("device__manufacturer_device_id", "state"))
    assert states == {"FILE-00001": "enrolled", "FILE-00002": "enrolled", "FILE-00003": "eligible"}
    first = timeline(Enrollment.objects.get(device__manufacturer_device_id="FILE-00001"))[0]
    assert (first.actor, first.actor_name, first.channel, first.reason) == (
        "staff", "rita", "admin", "enrollment_received",
    )  # fmt: skip


def test_the_evidence_is_the_row_with_the_files_digest_and_who_uploaded_it(upload, user):
    content = as_csv([a_row(1)])
    file = run(upload(content), user)
    original = SignedRequest.objects.get()
    row = file.rows.get()
    assert (original.proof, original.signing_key, original.request_id) == ("file", None, row.pk)
    assert evidence.reverify(original) == SignedRequest.Proof.FILE
    kept = evidence.opened(original)
    assert kept["headers"] == {
        "digest": hashlib.sha256(content).hexdigest(),
        "row": "2",
        "uploadedBy": "rita",
        "uploadedAt": file.uploaded_at.isoformat(),
    }
    assert json.loads(kept["body"])["device"]["manufacturerDeviceId"] == "FILE-00001"
    assert Consent.objects.get().signed_request == original
    assert not list(breaks(enrollment_id=row.enrollment_id))


def test_only_a_row_of_a_file_goes_without_a_key(upload, user):
    run(upload(as_csv([a_row(1)])), user)
    original = SignedRequest.objects.get()
    original.pk, original._state.adding, original.proof = None, True, "receipt"
    original.id = keeping.EnrollmentFile().pk
    with pytest.raises(IntegrityError, match="unsigned_only_from_a_file"), transaction.atomic():
        original.save(force_insert=True)


def test_every_fault_of_a_row_is_told_with_its_column_and_a_remedy(upload):
    stale = clock.to_wire(clock.now() - timedelta(days=91))
    rows = [
        a_row(1),
        a_row(2, site__address__postalCode="9490", device__type="fridge", consent__optedIn="maybe"),
        a_row(3, consent__grantedAt=stale),
        a_row(4, device__serialNumber=""),
        a_row(5, site__address__streetOne="1 Peachtree St", site__address__city="Atlanta",
              site__address__state="GA", site__address__postalCode="30303"),
        a_row(6, device__manufacturerDeviceId="FILE-00001"),
        a_row(7, consent__grantedAt="2026-05-01"),
        a_row(8, device__capabilities__commands="charger:set-current-limit"),
    ]  # fmt: skip
    file = upload(as_csv(rows))
    assert file.counts() == {"ready": 1, "faulty": 7}
    found = {(row, column, code) for row, column, code, _ in complaints(file)}
    assert found == {
        (3, "consent.optedIn", "invalid"),
        (3, "site.address.postalCode", "invalid"),
        (3, "device.type", "invalid"),
        (4, "consent.grantedAt", "consent_stale"),
        (5, "device.serialNumber", "required"),
        (6, "site.address", "territory_unsupported"),
        (7, "device.manufacturerDeviceId", "enrollment_exists"),
        (8, "consent.grantedAt", "invalid"),
        (9, "device.capabilities.commands", "invalid"),
    }
    lines = "".join(results.lines(file)).splitlines()
    assert lines[0].lstrip("\ufeff") == ",".join(results.HEADER)
    assert all(line.split(",")[1] in ("ready", "faulty") for line in lines[1:])
    told = [line for line in lines if line.startswith("3,faulty,FILE-00002,invalid,site.address.postalCode,")]
    assert [("Must be a ZIP code" in line, "Five digits" in line) for line in told] == [(True, True)]


def test_faulty_rows_are_left_out_and_the_others_enrolled(upload, user):
    file = run(upload(as_csv([a_row(1), a_row(2, device__type="fridge")])), user)
    assert (file.status, file.counts()) == ("done", {"enrolled": 1, "faulty": 1})


def test_a_row_that_became_impossible_since_the_dry_run_is_refused_alone(upload, user, partner):
    file = upload(as_csv([a_row(1), a_row(2)]))
    run(upload(as_csv([a_row(2, device__model="PowerStack 4")])), user)
    file = run(file, user)
    assert file.counts() == {"enrolled": 1, "refused": 1}
    assert [each[:3] for each in complaints(file)] == [(3, "device.manufacturerDeviceId", "enrollment_exists")]
    assert Enrollment.objects.count() == 2


def test_a_poison_row_stops_no_other(upload, user, monkeypatch):
    file = upload(as_csv([a_row(1), a_row(2), a_row(3)]))
    take_in = running._take_in

    def poisoned(found, *args, **options):
        if found.row.number == 3:
            raise RuntimeError("poison")
        return take_in(found, *args, **options)

    monkeypatch.setattr(running, "_take_in", poisoned)
    running.start(file, reason=WHY, now=clock.now(), user=user)
    with pytest.raises(ExceptionGroup) as told:
        work_off()
    assert f"row 3 of file {file.pk}" in told.value.exceptions[0].__notes__
    work_off()
    assert (now_of(file).status, file.counts()) == ("done", {"enrolled": 2, "refused": 1})


def test_a_row_whose_device_another_holds_waits_and_is_tried_again(upload, user, partner, monkeypatch):
    monkeypatch.setattr(holding, "LONGEST_WAIT", "50ms")
    file = upload(as_csv([a_row(1), a_row(2)]))
    running.start(file, reason=WHY, now=clock.now(), user=user)
    held, done = threading.Event(), threading.Event()

    def another():
        with transaction.atomic():
            holding.hold([device_name(partner.pk, "FILE-00001")])
            held.set()
            done.wait()
        connection.close()

    thread = threading.Thread(target=another)
    thread.start()
    try:
        held.wait()
        with pytest.raises(ExceptionGroup) as told:
            work_off()
    finally:
        done.set()
        thread.join()
    assert told.value.exceptions[0].__notes__ == [f"row 2 of file {file.pk}"]
    assert (now_of(file).status, file.counts()) == ("running", {"ready": 1, "enrolled": 1})
    while work.work_off(now=clock.now() + timedelta(seconds=91)):
        pass
    assert (now_of(file).status, file.counts()) == ("done", {"enrolled": 2})


# -- the same again --


def test_the_same_file_again_is_the_first_one_and_nothing_is_done(upload, user, partner):
    content = as_csv([a_row(1)])
    file = run(upload(content), user)
    with pytest.raises(AlreadyUploadedError, match="uploaded before") as known:
        upload(content, name="again.csv")
    assert known.value.file == file
    assert (EnrollmentFile.objects.count(), Enrollment.objects.count()) == (1, 1)
    other = PartnerFactory()
    assert upload(content, to=other).counts() == {"faulty": 1}, "another partner's file, whose device is elsewhere"


def test_a_started_file_is_not_started_twice_and_an_empty_one_not_at_all(upload, user):
    file = run(upload(as_csv([a_row(1)])), user)
    with pytest.raises(Refusal, match="done"):
        running.start(file, reason=WHY, now=clock.now(), user=user)
    nothing = upload(as_csv([a_row(2, device__type="fridge")]))
    with pytest.raises(Refusal, match="No row is ready"):
        running.start(nothing, reason=WHY, now=clock.now(), user=user)
    with pytest.raises(Refusal, match="Say in a sentence"):
        running.start(nothing, reason=" ", now=clock.now(), user=user)


def test_reading_goes_on_where_a_worker_was_cut_off(upload, monkeypatch):
    monkeypatch.setattr(reading, "BATCH", 2)
    monkeypatch.setattr(reading, "SLICE_SECONDS", -1)
    file = upload(as_csv([a_row(number) for number in range(1, 6)]), check=False)
    assert work.work_off(now=clock.now()) == 2
    assert (now_of(file).status, file.rows.count()) == ("reading", 2)
    EnrollmentFile.objects.filter(pk=file.pk).update(claimed_until=clock.now() + timedelta(seconds=60))
    assert work.work_off(now=clock.now()) == 0, "another worker has it in hand"
    later = clock.now() + timedelta(seconds=61)
    while work.work_off(now=later):
        pass
    assert [row.number for row in file.rows.order_by("number")] == [2, 3, 4, 5, 6]


def test_rows_in_the_hands_of_a_worker_that_died_are_done_later_and_once(upload, user):
    file = upload(as_csv([a_row(1), a_row(2)]))
    running.start(file, reason=WHY, now=clock.now(), user=user)
    file.rows.filter(number=2).update(claimed_until=clock.now() + timedelta(seconds=60))
    work_off()
    assert (now_of(file).status, file.counts()) == ("running", {"ready": 1, "enrolled": 1})
    while work.work_off(now=clock.now() + timedelta(seconds=61)):
        pass
    assert (now_of(file).status, Enrollment.objects.count()) == ("done", 2)


def test_a_batch_ends_when_its_time_is_up_and_the_next_goes_on(upload, user, monkeypatch):
    """Else slow geocoders would have the task cut off again and again, and the same rows begun anew each time."""
    monkeypatch.setattr(rows, "BATCH_SECONDS", -1)
    file = upload(as_csv([a_row(number) for number in range(1, 4)]), check=False)
    work.work_off(now=clock.now())
    for left in (2, 1, 0):
        assert work.work_off(now=clock.now())
        assert file.counts().get("read", 0) == left
    work_off()
    assert (now_of(file).status, file.counts()) == ("checked", {"ready": 3})
    running.start(file, reason=WHY, now=clock.now(), user=user)
    work.work_off(now=clock.now())
    assert file.counts() == {"ready": 2, "enrolled": 1}
    assert not file.rows.filter(claimed_until__isnull=False).exists(), "the rest is let go"
    work_off()
    assert (now_of(file).status, Enrollment.objects.count()) == ("done", 3)


def test_opening_a_large_file_is_not_counted_against_the_slice(upload, monkeypatch):
    """Else one that takes longer to open than a slice has would be opened again for each batch of rows."""
    monkeypatch.setattr(reading, "BATCH", 1)
    seconds, opened, read = [0], [], sheets.rows

    def read_slowly(content):
        opened.append(content)
        seconds[0] += 10 * reading.SLICE_SECONDS
        return read(content)

    monkeypatch.setattr(reading.sheets, "rows", read_slowly)
    monkeypatch.setattr(reading, "time", SimpleNamespace(monotonic=lambda: seconds[0]))
    file = upload(as_csv([a_row(number) for number in range(1, 4)]))
    assert (file.status, file.rows.count()) == ("checked", 3)
    assert len(opened) == 1


def test_a_run_is_stopped_and_started_again(upload, user):
    file = upload(as_csv([a_row(number) for number in range(1, 4)]))
    running.start(file, reason=WHY, now=clock.now(), user=user)
    file = running.stop(file, reason="A typo in the model.", user=user)
    work_off()
    assert (file.status, file.counts()) == ("checked", {"ready": 3})
    assert run(file, user).counts() == {"enrolled": 3}
    reasons = [each.history_change_reason for each in file.history.order_by("history_id")]
    assert reasons == [
        "uploaded", "read", "checked", f"started: {WHY}", "stopped: A typo in the model.", f"started: {WHY}", "done",
    ]  # fmt: skip


def test_a_suspended_partners_file_is_neither_taken_nor_run_on(upload, user, partner):
    file = upload(as_csv([a_row(1)]))
    running.start(file, reason=WHY, now=clock.now(), user=user)
    partner.status = "suspended"
    partner.save()
    work_off()
    assert (now_of(file).status, now_of(file).fault) == ("checked", "Stopped: the partner is suspended.")
    for attempt in (lambda: upload(as_csv([a_row(2)])), lambda: run(now_of(file), user)):
        with pytest.raises(Refusal, match="is suspended"):
            attempt()


# -- at rest --


def test_nothing_of_a_person_is_kept_in_the_clear_and_what_is_enrolled_not_twice(upload, user):
    file = upload(as_csv([a_row(1), a_row(2, device__type="fridge")]), check=False)
    assert b"Civic Center" not in b"".join(bytes(each.sealed) for each in file.chunks.all())
    work_off()
    kept = b"".join(bytes(each.sealed_document) + bytes(each.sealed_faults) for each in file.rows.all())
    assert b"Civic Center" not in kept
    assert keeping.open_row(file.data_key(), row := file.rows.get(number=3), row.sealed_document)["site"]
    run(now_of(file), user)
    assert bytes(file.rows.get(number=2).sealed_document) == b"", "it is the customer's evidence now"


def test_an_erased_file_keeps_what_became_of_its_rows_and_nothing_else(upload, user):
    file = run(upload(as_csv([a_row(1), a_row(2, device__type="fridge")])), user)
    file = keeping.erase(file, reason="They asked.", now=clock.now(), user=user)
    assert (file.sealed_data_key, file.counts()) == (None, {"enrolled": 1, "faulty": 1})
    assert not file.rows.exclude(sealed_document=b"", sealed_faults=b"", device_key=b"").exists()
    assert "".join(results.lines(file)).count("FILE-0000") == 1, "of the enrollment, which stays"
    assert file.history.first().history_change_reason == "erased: They asked."
    for verb in (running.start, lambda file, **given: keeping.erase(file, **given)):
        with pytest.raises(Refusal, match="erased"):
            verb(file, reason=WHY, now=clock.now(), user=user)


def test_what_is_being_worked_on_is_not_erased(upload, user):
    file = upload(as_csv([a_row(1)]), check=False)
    with pytest.raises(Refusal, match="being worked on"):
        keeping.erase(file, reason="Now!", now=clock.now(), user=user)


def test_what_a_worker_still_has_in_hand_after_a_stop_is_not_erased(upload, user, settings):
    """It would enroll people out of an erased file."""
    file = upload(as_csv([a_row(1)]))
    running.start(file, reason=WHY, now=clock.now(), user=user)
    rows.claim_rows(file, FileRow.Status.READY, limit=25, now=clock.now())
    file = running.stop(now_of(file), reason="A typo.", user=user)
    with pytest.raises(Refusal, match="being worked on"):
        keeping.erase(file, reason="They asked.", now=clock.now(), user=user)
    settings.IMPORT_KEPT_DAYS = 0
    assert work.erase_old(now=clock.now() + timedelta(seconds=1)) == 0
    assert now_of(file).erased_at is None
    later = clock.now() + rows.LEASE + timedelta(seconds=1)
    assert keeping.erase(now_of(file), reason="They asked.", now=later, user=user).erased_at == later


def test_files_are_erased_when_their_time_is_up(upload, settings):
    settings.IMPORT_KEPT_DAYS = 30
    file = upload(as_csv([a_row(1)]))
    assert work.erase_old(now=clock.now() + timedelta(days=29)) == 0
    assert now_of(file).erased_at is None
    work.erase_old(now=clock.now() + timedelta(days=31))
    assert now_of(file).erased_at is not None


# -- bounds --


@pytest.mark.parametrize(
    ("content", "told"),
    [
        (b"\xff\xfea\x00", "UTF-16"),
        (b"shoe size\r\n42\r\n", "no column 'shoe size'"),
        (as_csv([a_row(1)]).split(b"\r\n")[0] + b"\r\n", "no rows below"),
        (b"\r\n\r\n", "is empty"),
    ],
    ids=["encoding", "header", "no rows", "blank"],
)
def test_a_file_that_cannot_be_read_says_so_and_leaves_nothing(content, told, upload):
    file = upload(content)
    assert file.status == "unreadable"
    assert told in file.fault
    assert "Remedy" in file.fault
    assert not FileChunk.objects.exists()
    assert not FileRow.objects.exists()


def test_too_many_rows_and_too_many_bytes_are_refused(upload, settings):
    settings.IMPORT_MAX_ROWS = 2
    assert "over 2 rows" in upload(as_csv([a_row(number) for number in range(3)])).fault
    settings.IMPORT_MAX_MEBIBYTES = 0
    with pytest.raises(Refusal, match="split it"):
        upload(as_csv([a_row(9)]))
    with pytest.raises(Refusal, match="is empty"):
        upload(b"")


def test_a_result_holds_no_formula(upload):
    file = upload(as_csv([a_row(1, device__manufacturerDeviceId="+SUM(A1)", device__type="fridge")]))
    assert ",'+SUM(A1)," in "".join(results.lines(file))


def test_a_device_that_another_partner_has_is_told_by_the_dry_run(upload):
    theirs = enrolled()
    row = a_row(1, device__serialNumber=theirs.device.serial_number)
    assert [each[2] for each in complaints(upload(as_csv([row])))] == ["device_enrolled_elsewhere"]
