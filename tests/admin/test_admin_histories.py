"""What partners and programs were before is read, by those who may; no old version is put back over the row."""

import pytest
from django.urls import reverse

from partners.models import Partner
from partners.onboarding import change_status
from tests.admin.conftest import member_of
from tests.factories import NOW, PartnerFactory, ProgramFactory
from texture_portal import actors, groups

READS = {"Program staff": (False, True), "Auditor": (True, True), "Partner manager": (True, False)}
READS["Administrator"] = (True, True)
EVERY_GROUP = pytest.mark.parametrize("group", sorted(groups.GROUPS))


@pytest.fixture
def partner(db):
    """It ended; its first version was with us."""
    made = PartnerFactory(name="Acme Energy")
    change_status(made, Partner.Status.ENDED, now=NOW, by=actors.system("tests"), reason="It is gone.")
    return made


def version_of(row):
    first = row.history.earliest()
    return reverse(f"admin:{row._meta.app_label}_{row._meta.model_name}_simple_history", args=(row.pk, first.pk))


def history_of(row):
    return reverse(f"admin:{row._meta.app_label}_{row._meta.model_name}_history", args=(row.pk,))


@EVERY_GROUP
def test_an_old_version_is_never_posted_back(group, partner):
    client, program = member_of(group), ProgramFactory(name="Peak Saver")
    typed = {"name": "Mine", "kind": "oem", "environment": "sandbox", "manufacturers": "", "redirect_urls": ""}
    assert client.post(version_of(partner), typed).status_code == 403
    typed = {
        "name": "Mine", "slug": "mine", "owner": str(program.owner_id), "type": program.type, "status": "active",
        "device_types": ["battery"],
    }  # fmt: skip
    assert client.post(version_of(program), typed).status_code == 403
    partner.refresh_from_db()
    program.refresh_from_db()
    assert (partner.name, partner.status, program.name) == ("Acme Energy", "ended", "Peak Saver")


@EVERY_GROUP
def test_the_history_is_for_those_who_may_read_it(group, partner):
    client = member_of(group)
    for row, may in zip((partner, ProgramFactory()), READS[group], strict=True):
        for url in (history_of(row), version_of(row)):
            assert client.get(url).status_code == (200 if may else 403)
        page = client.get(reverse(f"admin:{row._meta.app_label}_{row._meta.model_name}_change", args=(row.pk,)))
        assert (history_of(row) in page.content.decode()) == may
