"""Clouds, connections and portfolios in the admin: set up, looked at, revoked; who may; and no secret on any page."""

import pytest
from django.urls import reverse

from devices.connections import programmatic, renewal
from devices.models import Cloud, Connection, Device, Portfolio
from devices.portfolios import revoking, suspending
from tests.admin.conftest import member_of
from tests.factories import NOW, CustomerFactory, DeviceFactory, PartnerFactory, active, commanded
from texture_portal import actors, clock

pytestmark = pytest.mark.django_db
SECRET = "a-secret-that-is-on-no-page"
BY = actors.system("tests")


@pytest.fixture
def cloud():
    return Cloud.objects.create(
        partner=PartnerFactory(), name="Sunny Cloud", base_url="https://cloud.example", client_id="portal",
        token_url="https://cloud.example/oauth/token",
    )  # fmt: skip


@pytest.fixture
def connection(cloud):
    made = Connection(
        cloud=cloud, grantor="end_user", way="authorization_code", granted_at=NOW,
        customer=CustomerFactory(partner=cloud.partner, reference_id="cust-81"),
    )  # fmt: skip
    made.set_secret("sealed_access_token", SECRET)
    made.set_secret("sealed_refresh_token", SECRET)
    made.save()
    return made


def page_of(row):
    return reverse(f"admin:devices_{row._meta.model_name}_change", args=(row.pk,))


def list_of(name):
    return reverse(f"admin:devices_{name}_changelist")


def test_a_cloud_is_set_up_on_a_page(administrator):
    partner = PartnerFactory()
    given = {
        "partner": str(partner.pk), "name": "Sunny Cloud", "connector": "pull", "base_url": "https://cloud.example",
        "issuer": "", "authorize_url": "https://cloud.example/authorize", "token_url": "https://cloud.example/token",
        "revoke_url": "", "client_id": "portal", "client_proof": "client_secret_basic",
        "scopes": "devices.read offline_access", "authorize_parameters": "{}",
        "token_parameters": '{"audience": "https://api.example"}', "api_key_place": "header",
        "api_key_name": "X-API-Key", "api_key_prefix": "", "polling_minutes": "5", "rate_limits": "{}",
    }  # fmt: skip
    add = reverse("admin:devices_cloud_add")
    for fault in ({"polling_minutes": "4"}, {"token_url": "ftp://cloud.example"}, {"token_parameters": '{"a": 1}'}):
        assert administrator.post(add, given | fault).status_code == 200
    assert not Cloud.objects.exists()
    assert administrator.post(add, given).status_code == 302
    made = Cloud.objects.get()
    assert (made.scopes, made.token_parameters) == (
        ["devices.read", "offline_access"],
        {"audience": "https://api.example"},
    )
    assert made.history.get().history_user_id == administrator.user.pk


def test_a_secret_is_taken_and_never_given_back(administrator, cloud, carry_out, said):
    answer = carry_out(administrator, cloud, "set-secret", secret=SECRET, reason="It was rotated there.")
    assert "sealed" in said(answer)[0]
    assert Cloud.objects.get().client_secret == SECRET
    carry_out(administrator, cloud, "connect-key", grantor="fleet", name="Fleet", secret=SECRET)
    carry_out(administrator, cloud, "connect-client", grantor="program", name="Utility", client_id="u", secret=SECRET)
    half = carry_out(administrator, cloud, "connect-client", grantor="program", name="Half", client_id="u", secret="")
    assert "neither" in said(half)[0]
    assert Connection.objects.count() == 2
    pages = [answer, administrator.get(page_of(cloud)), administrator.get(list_of("connection"))]
    pages += [administrator.get(page_of(row)) for row in Connection.objects.all()]
    history = [reverse("admin:devices_cloud_history", args=(cloud.pk,))]
    for page in [*pages, *map(administrator.get, history)]:
        assert page.status_code == 200
        assert SECRET not in page.content.decode()


def test_a_connections_page_says_how_fresh_it_is_and_why_it_is_broken(administrator, connection, carry_out, said):
    page = administrator.get(page_of(connection)).content.decode()
    for told in ("cust-81", "End user", "Last renewed", "Granted"):
        assert told in page
    Connection.objects.update(is_at_rest=True)
    assert "at rest" in administrator.get(page_of(connection)).content.decode()
    renewal.break_off(connection, "grant_over", now=clock.now())
    page = administrator.get(page_of(connection)).content.decode()
    assert "The cloud no longer knows the grant" in page
    assert "links it again" in page
    assert SECRET not in page
    assert "grant_over (system renewal)" in page
    assert "active again" in said(carry_out(administrator, connection, "try-again", reason="It was mended."))[0]
    assert Connection.objects.get().status == "active"


def test_a_connection_is_revoked_for_a_reason(administrator, connection, carry_out, said):
    device = DeviceFactory(customer=connection.customer, connection=connection)
    assert "Nothing was changed" in said(carry_out(administrator, connection, "revoke", reason=""))[0]
    assert "revoked" in said(carry_out(administrator, connection, "revoke", reason="The contract ended."))[0]
    row = Connection.objects.get()
    assert (row.status, row.revoked_reason) == ("revoked", "The contract ended.")
    assert Device.objects.get(pk=device.pk).connection is None
    page = administrator.get(page_of(connection)).content.decode()
    assert "being ended" in page.lower()
    assert "The contract ended." in page
    assert "worker" in said(carry_out(administrator, connection, "tell-again"))[0]


def test_a_key_is_replaced(administrator, cloud, carry_out):
    row = programmatic.connect_by_api_key(cloud, grantor="fleet", key="old", now=NOW, by=BY)
    renewal.break_off(row, "key_refused", now=NOW)
    carry_out(administrator, row, "replace-secret", secret="new", reason="The old one leaked.")
    row = Connection.objects.get()
    assert (row.status, row.secret("sealed_api_key"), row.generation) == ("active", "new", 2)


def test_a_portfolio_is_filled_emptied_and_revoked(administrator, connection, carry_out, said):
    devices = [DeviceFactory(customer=connection.customer, connection=connection) for _ in range(3)]
    add = reverse("admin:devices_portfolio_add")
    given = {"name": "Summer savings", "kind": "account", "reference": "cust-81", "partner": ""}
    assert administrator.post(add, given).status_code == 302
    portfolio = Portfolio.objects.get()
    wanted = "\n".join([devices[0].serial_number, "nobody's"])
    answer = carry_out(administrator, portfolio, "add-devices", devices=wanted, reason="x")
    assert said(answer)[-1] == "1 devices added, 0 were in it already. 1 lines mean no device: nobody's."
    answer = carry_out(administrator, portfolio, "add-devices", account="cust-81", reason="x")
    assert "2 devices added, 1 were in it already." in said(answer)[0]
    carry_out(administrator, portfolio, "remove-devices", devices=str(devices[2].pk), reason="x")
    carry_out(administrator, portfolio, "add-devices", site=str(devices[2].site_id), reason="x")
    carry_out(administrator, portfolio, "add-devices", connection=str(connection.pk), reason="x")
    assert "Say which" in said(carry_out(administrator, portfolio, "add-devices", reason="x"))[0]
    assert portfolio.devices.count() == 3
    carry_out(administrator, portfolio, "revoke-access", reason="The season ended.")
    while revoking.work_off(now=clock.now()):
        pass
    assert Connection.objects.get().status == "revoked"
    page = administrator.get(page_of(portfolio)).content.decode()
    assert devices[0].serial_number in page
    assert "The season ended." in page


def test_a_suspension_says_how_many_commands_it_cancelled_and_how_many_are_left(
    administrator, carry_out, said, monkeypatch
):
    monkeypatch.setattr(suspending, "AT_ONCE", 2)
    portfolio = Portfolio.objects.create(name="Peak Saver", kind="program")
    devices = [active().device for _ in range(3)]
    for each in devices:
        commanded(each.pk)
    portfolio.devices.add(*devices, through_defaults={"added_at": NOW})
    answer = carry_out(administrator, portfolio, "suspend", reason="The season is over.")
    assert said(answer) == [
        "3 devices are at rest; 2 commands were cancelled. "
        "Another 1 will be within a minute; none that has not gone goes out."
    ]


def test_a_programs_devices_are_put_into_a_portfolio(administrator, carry_out, said):
    enrollment, other = active(), active()
    portfolio = Portfolio.objects.create(name="Peak Saver", kind="program")
    program = enrollment.device.participations.get().program
    answer = carry_out(administrator, program, "gather", portfolio=str(portfolio.pk), reason="its season")
    assert "1 devices added to Peak Saver" in said(answer)[-1]
    assert list(portfolio.devices.all()) == [enrollment.device]
    assert other.device not in portfolio.devices.all()


@pytest.mark.parametrize(
    ("group", "may"),
    [
        ("Program staff", {"revoke", "add-devices", "revoke-access"}),
        ("Auditor", set()),
        ("Partner manager", {"revoke", "set-secret", "connect-key", "try-again"}),
    ],
)
def test_each_group_does_what_is_its_own(group, may, cloud, connection, carry_out):
    member, portfolio = member_of(group), Portfolio.objects.create(name="P", kind="other")
    rows = {
        "set-secret": cloud, "connect-key": cloud, "try-again": connection, "revoke": connection,
        "add-devices": portfolio, "revoke-access": portfolio,
    }  # fmt: skip
    given = {"reason": "r", "secret": "s", "grantor": "fleet"}
    done = {verb for verb, row in rows.items() if carry_out(member, row, verb, **given).status_code == 200}
    assert done == may
    changes = member.post(page_of(cloud), {"name": "Mine"}).status_code != 403
    assert changes is (group == "Partner manager")


def test_lists_cost_no_more_for_more_rows(administrator, cloud, django_assert_max_num_queries):
    for number in range(30):
        programmatic.connect_by_api_key(cloud, grantor="fleet", key="k", name=f"Fleet {number}", now=NOW, by=BY)
        Portfolio.objects.create(name=f"Portfolio {number}", kind="other")
    for name in ("cloud", "connection", "portfolio"):
        with django_assert_max_num_queries(15):
            assert administrator.get(list_of(name)).status_code == 200
