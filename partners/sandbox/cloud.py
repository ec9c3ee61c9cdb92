"""Everything that the simulated cloud knows, in memory: stopped, it forgets tokens and commands, never its homes."""

import secrets
import time
from collections import Counter
from dataclasses import dataclass, field

from aiohttp import web

from partners.sandbox.clock import Clock
from partners.sandbox.commands import ENDS_AFTER, CommandLog
from partners.sandbox.faults import Faults
from partners.sandbox.fleet import PROGRAM, Fleet, Site, Unit
from partners.sandbox.limits import Limit, Limits
from partners.sandbox.oauth.clients import SCOPES, Clients
from partners.sandbox.oauth.grants import Grant, Grants
from partners.sandbox.refusals import Refused

PASSWORD = "sandbox"  # noqa: S105 - of every simulated resident, and written in API.md


@dataclass(slots=True)
class Counters:
    """What was asked and answered, for those who want to see that limits were kept."""

    requests: Counter[str] = field(default_factory=Counter)
    statuses: Counter[str] = field(default_factory=Counter)
    by_second: Counter[tuple[str, int]] = field(default_factory=Counter)
    pushes: Counter[str] = field(default_factory=Counter)

    def note(self, category: str, status: int) -> None:
        self.requests[category] += 1
        self.statuses[str(status)] += 1
        self.by_second[category, int(time.time())] += 1

    def busiest_second(self, category: str) -> int:
        return max((count for (name, _), count in self.by_second.items() if name == category), default=0)


class Cloud:
    def __init__(
        self,
        *,
        devices: int,
        seed: int,
        issuer: str,
        limits: dict[str, Limit],
        access_seconds: int,
        push_seconds: float,
        command_seconds: float = ENDS_AFTER,
        is_over_tls: bool = False,
    ) -> None:
        self.issuer = issuer
        self.is_over_tls = is_over_tls
        self.password = PASSWORD
        self.push_seconds = push_seconds
        self.clock = Clock()
        self.fleet = Fleet(seed=seed, devices=devices)
        self.accounts: dict[str, Site] = {site.account: site for site in self.fleet.sites.values()}
        self.limits = Limits(limits)
        self.faults = Faults(seed)
        self.grants = Grants(access_seconds=access_seconds)
        self.clients = Clients()
        self.commands = CommandLog(takes=command_seconds)
        self.counters = Counters()
        self.portal = self.clients.add(name="portal")
        self.utility = self.clients.add(name="utility", program=PROGRAM)
        self.api_keys: dict[str, Grant] = {}
        self.control_key = secrets.token_urlsafe(24)
        self.add_api_key()

    def add_api_key(self) -> str:
        key = secrets.token_urlsafe(32)
        self.api_keys[key] = Grant("fleet-owner", SCOPES)
        return key

    def sites_of(self, grant: Grant) -> list[Site]:
        return [site for site in self.fleet.sites.values() if is_within(site, grant)]

    def units_of(self, grant: Grant) -> list[Unit]:
        """What the cloud lists: all that the grant reaches, but for what has vanished."""
        now = self.clock.now()
        units = [unit for site in self.sites_of(grant) for unit in site.units]
        return [unit for unit in units if not self.faults.afflicts("vanished", unit.serial, now=now)]

    def unit(self, device_id: str, grant: Grant) -> Unit:
        found = self.fleet.units.get(device_id)
        gone = found and self.faults.afflicts("vanished", found.serial, now=self.clock.now())
        if found is None or gone or not is_within(found.site, grant):
            raise Refused(404, "not_found", "There is no such device within your access.", "List the devices again.")
        return found


def is_within(site: Site, grant: Grant) -> bool:
    return grant.account in (None, site.account) and grant.program in (None, site.program)


CLOUD = web.AppKey("cloud", Cloud)
