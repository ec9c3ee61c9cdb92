"""What certification said of a device names nobody once its owner is erased; what was found stays as it was."""

import pytest
from django.db import DatabaseError, transaction

from devices.models import CertificationRun, CheckResult
from partners.models import Certificate
from tests.deletion.test_carrying_out import carried_out
from tests.factories import NOW, active, device_claim

LONG, SERIAL = "PW3-00017", "TG123456789"
EVIDENCE = {"devices": {LONG: 12, f"{LONG}-B": 3}, "silent": [LONG, SERIAL], "said": [f"no such device: {LONG}."]}


@pytest.fixture
def enrollment(transactional_db):
    return active(device=device_claim(manufacturer_device_id=LONG, serial_number=SERIAL))


@pytest.fixture
def result(enrollment):
    run = CertificationRun.objects.create(
        partner=enrollment.partner, requirements="1.1", status="done", asked_at=NOW, finished_at=NOW,
        asked_by="staff rita", total=1,
    )  # fmt: skip
    said = CheckResult.objects.create(
        run=run, requirement="telemetry", title="It tells", section="4.2", remedy="Tell", outcome="fail",
        said=f"{LONG} tells nothing.", evidence=EVIDENCE, tried_at=NOW, seconds=1,
    )  # fmt: skip
    line = {"requirement": "telemetry", "outcome": "fail", "said": said.said, "evidence": EVIDENCE}
    Certificate.objects.create(
        partner=enrollment.partner, version=1, requirements="1.1", issued_at=NOW,
        expires_at=NOW.replace(year=NOW.year + 1), issued_by="staff rita",
        report={"runId": str(run.pk), "results": [line]},
    )  # fmt: skip
    return said


def test_a_word_that_names_nobody_takes_the_devices_place(enrollment, result):
    request = carried_out(enrollment.customer)
    word = f"erased:{enrollment.device_id}"
    told = {"devices": {word: 12, f"{LONG}-B": 3}, "silent": [word, word], "said": [f"no such device: {word}."]}
    result.refresh_from_db()
    [line] = Certificate.objects.get().report["results"]
    assert (result.said, result.evidence) == (f"{word} tells nothing.", told)
    assert (line["outcome"], line["said"], line["evidence"]) == ("fail", result.said, told)
    assert {"what": "results of certification", "rows": 2} in request.certificate["sections"]["erased"]


def test_another_persons_erasure_leaves_it(enrollment, result):
    carried_out(active(partner=enrollment.partner).customer)
    result.refresh_from_db()
    assert result.evidence == EVIDENCE


def test_the_database_lets_nobody_change_what_was_found(enrollment, result):
    _refused(CheckResult, evidence={})
    carried_out(enrollment.customer)
    _refused(CheckResult, outcome="pass")
    passed = {"requirement": "telemetry", "outcome": "pass", "said": "erased:x"}
    _refused(Certificate, report={"results": [passed]})
    _refused(Certificate, expires_at=NOW.replace(year=NOW.year + 9))


def _refused(model, **changes):
    with pytest.raises(DatabaseError, match="what they say stays"), transaction.atomic():
        model.objects.update(**changes)
