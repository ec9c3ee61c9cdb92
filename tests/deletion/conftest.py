from datetime import timedelta

import pytest

from devices.telemetry import partitions
from devices.telemetry.taking import Observed, take
from tests.factories import NOW


@pytest.fixture
def told_readings(transactional_db):
    """Three readings of the device, of the day of `NOW`."""
    partitions.keep(now=NOW)

    def tell(device):
        at = [NOW + timedelta(minutes=5 * number) for number in range(3)]
        take(
            device.partner,
            [Observed(device.manufacturer_device_id, each, {"chargePercentage": 50}) for each in at],
            now=at[-1],
        )

    return tell
