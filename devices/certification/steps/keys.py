"""What opens the cloud: nothing is told without it, grants renew, tokens end when given up, secrets overlap."""

from typing import Any

from devices.certification.bench import Bench, NotNowError, StepError, names_of
from devices.certification.facts import Renewed
from devices.connections import endpoint, renewal
from devices.connections.access import Authorization, authorize, keyed
from devices.connections.breaking import ConnectionBrokenError, ConnectionUnavailableError
from devices.connectors.pull.errands import Ask
from devices.models import Connection

Way = Connection.Way
NOTHING = Authorization({}, {}, 0)


def ask_without_a_key(bench: Bench) -> None:
    """Every kind of call that tells of devices, once with nothing that would open it."""
    device = bench.listed()[0]
    state = bench.document.entries[device.entry].state
    first = bench.document.discovery[0].call if bench.document.discovery else ""
    for name in filter(None, (first, state.call, state.bulk.call if state.bulk else "")):
        came = bench.asker.once(bench.ask_of(name, names_of(device)), key=NOTHING, is_noted=False)
        bench.facts.trials.setdefault("without a key", []).append(came.code)


def renew_a_grant(bench: Bench) -> None:
    """An end user's, before its time."""
    row = bench.by_way(Way.AUTHORIZATION_CODE)
    if row is None:
        raise StepError("nobody_linked", "No end user's grant is active at this cloud: link a test account first.")
    present = bench.asker.present()
    try:
        authorize(row, now=present)
        row = Connection.objects.select_related("cloud").get(pk=row.pk)
        claimed = renewal.claim(row, generation=row.generation, is_refused=False, now=present)
        if claimed is None:
            raise NotNowError("The grant is being renewed at this moment.")
        renewal.carry_out(claimed, now=present)
        after = Connection.objects.get(pk=row.pk)
        code = "ok" if after.generation > row.generation else after.last_fault or "not_renewed"
        if code == "ok":
            bench.asker.once(_probe(bench), key=authorize(after, now=present))
    except (ConnectionBrokenError, ConnectionUnavailableError) as closed:
        code = str(getattr(closed, "reason", None) or getattr(closed, "code", "closed"))
    lasts = bench.document.documentation.get("refresh_token_days")
    bench.facts.renewed.append(Renewed(code, float(lasts) if isinstance(lasts, int | float) else None))


def revoke_a_token(bench: Bench) -> None:
    """A token of its own is asked for, used, given up, and used again. Where only end users grant: by the record."""
    row = bench.by_way(Way.CLIENT_CREDENTIALS)
    if row is None or not bench.cloud.revoke_url:
        _recall_an_ending(bench)
        return
    client, present = renewal.client_of(row), bench.asker.present()
    token = _token(bench, client)
    key = Authorization({"Authorization": f"Bearer {token}"}, {}, 0)
    bench.facts.trials["token before"] = [bench.asker.once(_probe(bench), key=key).code]
    try:
        endpoint.revoke(bench.cloud.revoke_url, token, kind="access_token", client=client, now=present)
    except endpoint.EndpointError as fault:
        raise StepError(fault.code, f"The token could not be given up: {fault.code}.") from None
    after = bench.asker.once(_probe(bench), key=key, is_noted=False)
    bench.facts.trials["token given up"] = [after.code]


def use_both_secrets(bench: Bench) -> None:
    """The one in use and the one that is to follow it open the cloud at the same time."""
    if bench.second_secret is None:
        raise StepError(
            "no_second_secret", "The partner gave no second secret, so that nothing shows that they overlap."
        )
    by_token, by_key = bench.by_way(Way.CLIENT_CREDENTIALS), bench.by_way(Way.API_KEY)
    if by_token is not None:
        first = renewal.client_of(by_token)
        keys = [_bearer(bench, first), _bearer(bench, endpoint.Client(first.id, bench.second_secret, first.proof))]
    elif by_key is not None:
        keys = [authorize(by_key, now=bench.asker.present()), keyed(bench.cloud, bench.second_secret, generation=0)]
    else:
        raise StepError("no_secret", "Only end users' grants open this cloud: it has no secret of a client to try.")
    for name, key in zip(("first", "second", "first again"), (*keys, keys[0]), strict=True):
        code = bench.asker.once(_probe(bench), key=key, is_noted=False).code
        bench.facts.trials.setdefault("secrets", []).append(code)
        bench.facts.trials[f"{name} secret"] = [code]


def _bearer(bench: Bench, client: endpoint.Client) -> Authorization:
    return Authorization({"Authorization": f"Bearer {_token(bench, client)}"}, {}, 0)


def _token(bench: Bench, client: endpoint.Client) -> str:
    cloud = bench.cloud
    asked: dict[str, Any] = {**cloud.token_parameters, "grant_type": "client_credentials"}
    if cloud.scopes:
        asked["scope"] = " ".join(cloud.scopes)
    try:
        return endpoint.tokens(cloud.token_url, asked, client=client, now=bench.asker.present()).access
    except endpoint.EndpointError as fault:
        raise StepError(fault.code, f"The cloud gave no token: {fault.code}.") from None


def _recall_an_ending(bench: Bench) -> None:
    """An end user's grant cannot be had without the end user: that the cloud ended one is on record."""
    ended = Connection.objects.filter(cloud=bench.cloud, ending=Connection.Ending.ENDED).exists()
    bench.facts.trials["token before"] = ["ok" if ended else "nobody_revoked"]
    bench.facts.trials["token given up"] = ["ended_on_record" if ended else "nobody_revoked"]


def _probe(bench: Bench) -> Ask:
    """The first call of discovery: whoever has access may make it."""
    if not bench.document.discovery:
        raise StepError("no_discovery", "The connector document has no call of discovery to try access with.")
    return bench.ask_of(bench.document.discovery[0].call, {})
