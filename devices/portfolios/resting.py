"""Devices that a suspended portfolio keeps at rest: whoever reads or commands devices asks here."""

from django.db.models import Exists, OuterRef

from devices.models import PortfolioDevice

# Of the row that is called `device`.
RESTS = """EXISTS (
    SELECT FROM devices_portfoliodevice place JOIN devices_portfolio resting ON resting.id = place.portfolio_id
    WHERE place.device_id = device.id AND resting.suspended_at IS NOT NULL
)"""
# Of the row that is called `connection`: all that it reaches is at rest. Asked only where any portfolio is, and by
# one job alone (`devices.portfolios.putting_to_rest`): all others read `Connection.is_at_rest`.
REACHES_NOTHING_AWAKE = f"""(
    EXISTS (SELECT FROM devices_portfolio WHERE suspended_at IS NOT NULL)
    AND EXISTS (SELECT FROM devices_device device WHERE device.connection_id = connection.id)
    AND NOT EXISTS (SELECT FROM devices_device device WHERE device.connection_id = connection.id AND NOT {RESTS})
)"""  # noqa: S608 - with words of our own


def resting(*, of: str) -> Exists:
    """`RESTS` as a condition on rows. `of`: their column of the device."""
    return Exists(PortfolioDevice.objects.filter(device=OuterRef(of), portfolio__suspended_at__isnull=False))
