"""Discovery, again and again, and what the portal had listed before."""

from itertools import islice

from devices.certification.bench import Bench
from devices.models import DiscoveredDevice

MOST_KNOWN = 20_000


def list_devices(bench: Bench, *, times: int = 1) -> None:
    while len(bench.facts.listings) < times:
        bench.facts.listings.append(bench.look())


def recall_devices(bench: Bench) -> None:
    """Serial numbers by the ids under which polling found them, as far as the cloud lists them still."""
    rows = DiscoveredDevice.objects.filter(connection__cloud=bench.cloud, vanished_at=None).exclude(serial_number="")
    through = rows.filter(connection=bench.connection)  # another grant may see others
    found = through.order_by("pk").values_list("manufacturer", "serial_number", "manufacturer_device_id")
    own = ((serial, id) for maker, serial, id in found.iterator() if bench.is_of_maker(maker))
    bench.facts.before = dict(islice(own, MOST_KNOWN))
