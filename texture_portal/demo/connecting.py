"""The simulated OEM's cloud connected to a partner in every way, as staff and an end user would: to be certified."""

from datetime import datetime
from typing import Any
from urllib.parse import parse_qsl, urlsplit

import requests

from devices import simulated
from devices.connections import grants, programmatic
from devices.models import Cloud, Connection
from partners.models import Customer, Partner
from texture_portal.actors import Actor, Channel, Role

CALLBACK = "http://127.0.0.1:9/callback"  # nobody listens: the answer is read off the redirect
BROWSER = "no browser: the simulated resident says yes"
RESIDENT = Actor(Role.CUSTOMER, "simulated resident", Channel.COMMAND)
CUSTOMER = "simulated-resident"
SECONDS = 30


def add_cloud(partner: Partner, url: str, *, client_id: str, client_secret: str, now: datetime, **more: Any) -> Cloud:
    """The simulated cloud at `url`, at which end users can link devices; `more` are further columns."""
    cloud = Cloud(partner=partner, name=f"Simulated Energy {now:%Y-%m-%d %H:%M:%S}", **more)
    simulated.describe(cloud, url, client_id=client_id, client_secret=client_secret).save()
    return cloud


def connect(partner: Partner, told: dict[str, Any], *, now: datetime, by: Actor) -> tuple[Cloud, str]:
    """`told` is what `sandbox_oem` printed. The cloud, and a second secret of the portal's client there."""
    url, client = told["url"], told["client"]
    cloud = add_cloud(
        partner, url, client_id=client["id"], client_secret=client["secret"], now=now, is_test_environment=True
    )
    programmatic.connect_by_client_credentials(
        cloud, grantor=Connection.Grantor.FLEET, client_id=client["id"], client_secret=client["secret"], now=now, by=by
    )
    _link(cloud, told, now=now)
    return cloud, _second_secret(told)


def _link(cloud: Cloud, told: dict[str, Any], *, now: datetime) -> None:
    customer = Customer.objects.filter(partner=cloud.partner, reference_id=CUSTOMER).first()
    if customer is None:
        customer = Customer(partner=cloud.partner, reference_id=CUSTOMER)
        customer.give_key()
        customer.save()
    begun = grants.begin(cloud, customer=customer, redirect_uri=CALLBACK, browser=BROWSER, now=now)
    asked = dict(parse_qsl(urlsplit(begun.url).query))
    form = {**asked, "account": told["account"], "password": told["password"], "decision": "allow"}
    answer = _http("POST", f"{told['url']}/oauth/authorize", told, data=form, allow_redirects=False)
    came_back = dict(parse_qsl(urlsplit(answer.headers["Location"]).query))
    grants.complete(came_back, redirect_uri=CALLBACK, browser=BROWSER, now=now, by=RESIDENT)


def _second_secret(told: dict[str, Any]) -> str:
    """Beside the first, as an OEM gives one out before it takes the other back."""
    headers = {"Authorization": f"Bearer {told['control_key']}"}
    asked = {"client_id": told["client"]["id"]}
    answer = _http("POST", f"{told['url']}/control/secrets", told, json=asked, headers=headers)
    return str(answer.json()["client_secret"])


def _http(method: str, url: str, told: dict[str, Any], **options: Any) -> requests.Response:
    """Over TLS it shows a certificate of the throw-away authority that it told of."""
    with requests.Session() as http:
        http.trust_env, http.verify = False, told.get("authority") or True
        answer = http.request(method, url, timeout=SECONDS, **options)
    answer.raise_for_status()
    return answer
