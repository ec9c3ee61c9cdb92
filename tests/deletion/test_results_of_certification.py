"""What certification said of a device names nobody once its owner is erased; what was found stays as it was."""

import pytest
from django.db import DatabaseError, transaction

from devices.certification import reports
from devices.models import CertificationRun, CheckResult, Device, Waiver
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


@pytest.mark.parametrize("name", ["6", "4.2", "1.1", "telemetry"])
def test_a_device_that_is_called_like_a_section_or_a_version_stops_no_erasure(enrollment, result, name):
    before = _reported(result.run)
    Device.objects.filter(pk=enrollment.device_id).update(manufacturer_device_id=name)
    carried_out(enrollment.customer)
    after = Certificate.objects.get(requirements="of reports").report
    assert _found(after) == _found(before)
    assert [line["section"] for line in after["results"]] == ["4.2", "6"]


def test_a_waivers_reason_names_the_device_no_longer(enrollment, result):
    _reported(result.run)
    carried_out(enrollment.customer)
    reason = f"erased:{enrollment.device_id} is being mended."
    line, _ = Certificate.objects.get(requirements="of reports").report["results"]
    assert (line["outcome"], line["waiver"]["reason"], line["waiver"]["by"]) == ("waived", reason, "staff rita")
    assert Waiver.objects.get().reason == reason


def test_a_name_is_found_in_words_as_it_is_and_in_documents_as_they_write_it(enrollment, result):
    name = 'My "old" battery'
    Device.objects.filter(pk=enrollment.device_id).update(manufacturer_device_id=name)
    more = {"requirement": "alerts", "outcome": "fail", "tried_at": NOW, "seconds": 1}
    CheckResult.objects.create(run=result.run, said=f"{name} is silent.", **more)
    carried_out(enrollment.customer)
    assert CheckResult.objects.get(requirement="alerts").said == f"erased:{enrollment.device_id} is silent."


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
    [line] = Certificate.objects.get().report["results"]
    _refused(Certificate, report={"results": [{**line, "waiver": {"reason": "erased:x"}}]})
    _refused(Certificate, expires_at=NOW.replace(year=NOW.year + 9))


def _refused(model, **changes):
    with pytest.raises(DatabaseError, match="what they say stays"), transaction.atomic():
        model.objects.update(**changes)


def _reported(run):
    """The certificate's report as it is made, with a waiver that names the device."""
    CheckResult.objects.create(
        run=run, requirement="alerts", title="It warns", section="6", outcome="pass", said="6 came.", tried_at=NOW,
        seconds=1,
    )  # fmt: skip
    Waiver.objects.create(
        partner=run.partner, requirement="telemetry", reason=f"{LONG} is being mended.", given_by="staff rita",
        given_at=NOW,
    )  # fmt: skip
    report = reports.as_json(reports.report_of(run))
    Certificate.objects.create(
        partner=run.partner, version=6, requirements="of reports", issued_at=NOW,
        expires_at=NOW.replace(year=NOW.year + 1), issued_by="staff rita", report=report,
    )  # fmt: skip
    return report


def _found(report):
    """All but the words."""
    lines = [{**line, "said": "", "evidence": {}, "waiver": bool(line["waiver"])} for line in report["results"]]
    return {**report, "results": lines}
