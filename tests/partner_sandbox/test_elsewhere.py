"""A portal that is no sandbox has nothing of one."""

import pytest

from enrollments.partner_sandbox import maker, stage
from enrollments.partner_sandbox.reset import reset
from enrollments.partner_sandbox.scenarios import Told, play
from territories.geocoding.geocoders import configuration_faults
from tests.factories import NOW, PartnerFactory, UtilityFactory, enrolled
from texture_portal import actors

pytestmark = pytest.mark.django_db
BY = actors.system("tests")


def test_there_are_no_such_calls(client):
    answer = client.post("/v1/sandbox/reset", {}, content_type="application/json")
    assert (answer.status_code, answer.json()["code"]) == (404, "not_found")


def test_its_geocoder_is_refused(settings):
    settings.GEOCODERS = ["staged"]
    assert any("Remedy: SANDBOX=on" in each for each in configuration_faults())


def test_its_grid_is_laid_into_no_database_that_holds_anything(settings):
    settings.SANDBOX = True
    enrolled()
    with pytest.raises(stage.NoStageError, match="give the sandbox an empty one"):
        stage.lay()


def test_neither_runs_on_the_others_database(settings):
    settings.SANDBOX = True
    with pytest.raises(stage.NoStageError, match="make_sandbox"):
        stage.check_database()
    enrollment = enrolled()
    for verb in (
        lambda: reset(enrollment.partner, now=NOW, by=BY),
        lambda: play("suspend", enrollment, Told(NOW)),
    ):
        with pytest.raises(stage.NoStageError, match="no sandbox's"):
            verb()
    UtilityFactory(eia_id=stage.UTILITIES[0].eia_id, name=stage.UTILITIES[0].name)
    stage.check_database()
    settings.SANDBOX = False
    with pytest.raises(stage.NoStageError, match="is a sandbox's"):
        stage.check_database()


def test_its_page_says_that_this_is_none(client):
    page = client.get("/docs/sandbox").content.decode()
    assert "Sandbox: nothing here is real." not in page
    assert "resolve_review" in page


def test_nobody_is_lent_its_maker():
    partner = PartnerFactory()
    maker.lend(partner)
    assert maker.here() is None
    assert not partner.clouds.exists()
    with pytest.raises(stage.NoStageError, match="no sandbox"):
        maker.set_up("http://127.0.0.1:9", client_id="portal", client_secret="s", by=BY)
