"""Devices that a suspended portfolio keeps at rest: whoever reads or commands devices asks here."""

from django.db.models import Exists, OuterRef
from django.db.models.expressions import RawSQL

from devices.models import PortfolioDevice

# Of the row that is called `device`.
RESTS = """EXISTS (
    SELECT FROM devices_portfoliodevice place JOIN devices_portfolio resting ON resting.id = place.portfolio_id
    WHERE place.device_id = device.id AND resting.suspended_at IS NOT NULL
)"""
# Of the row that is called `connection`: all that it reaches is at rest. Asked only where any portfolio is.
REACHES_NOTHING_AWAKE = f"""(
    EXISTS (SELECT FROM devices_portfolio WHERE suspended_at IS NOT NULL)
    AND EXISTS (SELECT FROM devices_device device WHERE device.connection_id = connection.id)
    AND NOT EXISTS (SELECT FROM devices_device device WHERE device.connection_id = connection.id AND NOT {RESTS})
)"""  # noqa: S608 - with words of our own


def connections_at_rest() -> RawSQL:
    """Their ids, for `pk__in`."""
    return RawSQL(f"SELECT connection.id FROM devices_connection connection WHERE {REACHES_NOTHING_AWAKE}", [])  # noqa: S608, S611


def resting(*, of: str) -> Exists:
    """`RESTS` as a condition on rows. `of`: their column of the device."""
    return Exists(PortfolioDevice.objects.filter(device=OuterRef(of), portfolio__suspended_at__isnull=False))
