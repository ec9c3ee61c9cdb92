"""Groups as the migration makes them: what each can do, and what it must not, by button, by page and by POST."""

import pytest
from django.apps import apps
from django.contrib import admin
from django.contrib.auth.models import Group, Permission
from django.urls import reverse

from enrollments.models import Consent, Enrollment, ReviewCase
from partners.models import IdempotencyRecord, Partner
from tests.admin.conftest import member_of
from tests.factories import NOW, SigningKeyFactory, active, ambiguous
from texture_portal import groups

EVIDENCE = "203.0.113.7"
LISTS = {
    "Program staff": {
        "enrollments.enrollmentfile",
        "devices.callbucket", "devices.connectordocument", "devices.discovereddevice", "devices.poll",
        "devices.streamposition", "devices.readingrefusal",
        "devices.cloud", "devices.command", "devices.connection", "devices.device", "devices.portfolio",
        "devices.certificationrun", "partners.certificate", "partners.maintenance", "enrollments.score",
        "enrollments.consent", "enrollments.enrollment", "enrollments.partnerevent",
        "enrollments.reviewcase", "enrollments.revocationduty", "enrollments.terms",
        "enrollments.evidencerecord", "enrollments.evidencerequest",
        "enrollments.deletionrequest", "enrollments.deprovisioning", "enrollments.linksession", "partners.customer",
        "partners.partner", "programs.dispatchevent", "programs.dispatchtarget", "programs.participation",
        "programs.program", "territories.dataset",
        "territories.serviceterritory", "territories.site", "territories.utility",
    },
    "Auditor": {
        "enrollments.enrollmentfile",
        "devices.callbucket", "devices.connectordocument", "devices.discovereddevice", "devices.poll",
        "devices.streamposition", "devices.readingrefusal",
        "devices.cloud", "devices.command", "devices.connection", "devices.device", "devices.portfolio",
        "devices.telemetryexport",
        "devices.certificationrun", "partners.certificate", "partners.maintenance", "enrollments.score",
        "enrollments.checkpoint", "enrollments.consent", "enrollments.enrollment",
        "enrollments.evidenceaccess", "enrollments.historicalconsent", "enrollments.partnerevent",
        "enrollments.reviewcase", "enrollments.revocationduty", "enrollments.terms", "partners.idempotencyrecord",
        "partners.partner", "partners.refusedrequest",
        "partners.webhookdelivery", "partners.webhookendpoint",
        "enrollments.evidencerecord", "enrollments.evidencerequest",
        "enrollments.deletionrequest", "enrollments.deprovisioning", "enrollments.linksession", "partners.customer",
        "programs.dispatchevent", "programs.dispatchtarget", "programs.participation", "programs.program",
        "territories.dataset", "territories.serviceterritory",
        "territories.site", "territories.utility", "texture_portal.act", "texture_portal.key", "texture_portal.look",
    },
    "Partner manager": {
        "devices.callbucket", "devices.connectordocument", "devices.discovereddevice", "devices.poll",
        "devices.streamposition", "devices.readingrefusal",
        "devices.cloud", "devices.connection",
        "devices.certificationrun", "partners.certificate", "partners.maintenance", "enrollments.score",
        "enrollments.enrollment", "enrollments.partnerevent", "partners.idempotencyrecord", "partners.partner",
        "partners.refusedrequest", "partners.webhookdelivery", "partners.webhookendpoint", "texture_portal.key",
    },
    "Administrator": {model._meta.label_lower for model in admin.site._registry},
}  # fmt: skip
ENROLLMENT_VERBS = {"suspend", "reinstate", "opt-out", "revoke", "open-conflict"}
CASE_VERBS = {
    "resolve", "request-information", "verify-account", "refute-transfer", "dismiss-conflict", "end", "take",
    "hand-over", "put-back", "note",
}  # fmt: skip
PARTNER_VERBS = {
    "add-key", "revoke-key", "add-client", "revoke-client", "raise-limit", "suspend", "reinstate", "end", "try",
}  # fmt: skip
MAY = {
    "Program staff": (ENROLLMENT_VERBS, CASE_VERBS, set()),
    "Auditor": (set(), set(), set()),
    "Partner manager": (set(), set(), PARTNER_VERBS),
    "Administrator": (ENROLLMENT_VERBS, CASE_VERBS, PARTNER_VERBS),
}
EVERY_GROUP = pytest.mark.parametrize("group", sorted(groups.GROUPS))


def page_of(row):
    return reverse(f"admin:{row._meta.app_label}_{row._meta.model_name}_change", args=(row.pk,))


def verb_url(row, verb):
    return reverse(f"admin:{row._meta.app_label}_{row._meta.model_name}_verb", args=(row.pk, verb))


def rows_with_verbs():
    enrollment, case = active(), ReviewCase.objects.get(enrollment=ambiguous())
    return (enrollment, ENROLLMENT_VERBS), (case, CASE_VERBS), (enrollment.partner, PARTNER_VERBS)


def test_the_migration_made_the_groups_and_installing_them_again_changes_nothing(db):
    def standing():
        return {
            group.name: {f"{each.content_type.app_label}.{each.codename}" for each in group.permissions.all()}
            for group in Group.objects.prefetch_related("permissions__content_type")
        }

    made = standing()
    assert set(made) == set(groups.GROUPS)
    for name in set(groups.GROUPS) - {"Administrator"}:
        assert made[name] == set(groups.GROUPS[name])
    groups.install(apps)
    assert standing() == made


def test_installing_takes_away_what_somebody_added_by_hand(db):
    auditor = Group.objects.get(name="Auditor")
    auditor.permissions.add(Permission.objects.get(codename="delete_user"))
    groups.install(apps)
    assert not auditor.permissions.filter(codename="delete_user").exists()


def test_an_auditor_has_no_permission_but_to_look_and_to_take_evidence_along(db):
    given = Group.objects.get(name="Auditor").permissions.values_list("codename", flat=True)
    assert {each for each in given if not each.startswith("view_")} == {"export_evidence", "export_list"}


@EVERY_GROUP
def test_a_group_opens_its_lists_and_no_other(group, db):
    client = member_of(group)
    for model in admin.site._registry:
        label = model._meta.label_lower
        url = reverse(f"admin:{model._meta.app_label}_{model._meta.model_name}_changelist")
        assert client.get(url).status_code == (200 if label in LISTS[group] else 403), label


@EVERY_GROUP
def test_a_group_has_no_button_and_no_post_beyond_its_own(group, db):
    client = member_of(group)
    for (row, verbs), may in zip(rows_with_verbs(), MAY[group], strict=True):
        page = client.get(page_of(row))
        shown = {verb for verb in verbs if f'action="{verb_url(row, verb)}"' in page.content.decode()}
        assert bool(shown) == bool(may)
        for verb in verbs - may:
            assert verb not in shown
            assert client.post(verb_url(row, verb), {"reason": "Because.", "message": "More."}).status_code == 403
        for verb in may:
            assert client.post(verb_url(row, verb), {}).status_code == 302, "without its fields: refused, not denied"


@EVERY_GROUP
def test_evidence_and_keys_are_for_those_who_may_see_them(group, db):
    client, enrollment = member_of(group), active()
    key = SigningKeyFactory(partner=enrollment.partner)
    consent = client.get(page_of(Consent.objects.get()))
    assert (EVIDENCE in consent.content.decode()) == (group in ("Auditor", "Administrator"))
    partner = client.get(page_of(enrollment.partner)).content.decode()
    assert (str(key.pk) in partner) == (group != "Program staff")
    case = client.get(page_of(ReviewCase.objects.get(enrollment=ambiguous()))).status_code
    assert case == (403 if group == "Partner manager" else 200)


@EVERY_GROUP
def test_only_partner_managers_and_administrators_read_a_whole_key(group, db):
    record = IdempotencyRecord.objects.create(
        partner=active().partner, key="a-key-of-theirs", fingerprint=bytes(32), status=201, expires_at=NOW,
        body=b"a customer's data",
    )  # fmt: skip
    page = member_of(group).get(page_of(record)).content.decode()
    assert ("a-key-of-theirs" in page) == (group in ("Partner manager", "Administrator"))
    assert "customer&#x27;s data" not in page


@EVERY_GROUP
def test_only_an_administrator_touches_users_and_groups(group, db):
    client = member_of(group)
    may = group == "Administrator"
    for url in ("/admin/auth/user/add/", "/admin/auth/group/add/", page_of(client.user)):
        assert client.get(url).status_code == (200 if may else 403)
    before = Group.objects.count()
    client.post("/admin/auth/group/add/", {"name": "Friends"})
    assert Group.objects.count() == before + may


@EVERY_GROUP
def test_nobody_adds_or_deletes_what_only_verbs_may_move(group, db):
    client, enrollment = member_of(group), active()
    for model in (Enrollment, Consent, ReviewCase):
        stem = f"admin:{model._meta.app_label}_{model._meta.model_name}"
        assert client.post(reverse(f"{stem}_add"), {}).status_code == 403
    for row in (enrollment, enrollment.partner, Consent.objects.get()):
        stem = f"admin:{row._meta.app_label}_{row._meta.model_name}"
        assert client.post(reverse(f"{stem}_delete", args=(row.pk,)), {"post": "yes"}).status_code == 403
    assert Partner.objects.filter(pk=enrollment.partner_id).exists()


@pytest.mark.parametrize("group", ["Auditor", "Partner manager"])
def test_programs_are_changed_by_program_staff_only(group, db):
    program = active().device.participations.get().program
    assert member_of("Program staff").get("/admin/programs/program/add/").status_code == 200
    client = member_of(group)
    assert client.get("/admin/programs/program/add/").status_code == 403
    assert client.post(page_of(program), {"name": "Mine"}).status_code == 403
