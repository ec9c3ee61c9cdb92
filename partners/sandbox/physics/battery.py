"""A battery's power over one piece of time, in which it is constant: energy grows by power times hours."""

from partners.sandbox.homes import Battery
from partners.sandbox.physics.orders import Setpoints

RETURNS_FROM_HOUR = 21.0  # from here to midnight a battery left to itself goes to the level at which it rests


def power_kw(
    battery: Battery, setpoints: Setpoints, *, energy_kwh: float, need_kw: float, hour: float, hours: float
) -> float:
    """Positive charges. `need_kw` is what the house lacks (negative: has over); `hour` of the day, `hours` to fill."""
    wanted = _wanted(battery, setpoints, energy_kwh=energy_kwh, need_kw=need_kw, hour=hour)
    limited = max(-battery.max_kw, min(battery.max_kw, wanted))
    floor = battery.capacity_kwh * max(setpoints.reserve_percent, setpoints.floor_percent) / 100
    ceiling = battery.capacity_kwh * setpoints.ceiling_percent / 100
    if limited < 0:
        return max(limited, min(0.0, (floor - energy_kwh) / hours))
    return min(limited, max(0.0, (ceiling - energy_kwh) / hours))


def _wanted(battery: Battery, setpoints: Setpoints, *, energy_kwh: float, need_kw: float, hour: float) -> float:
    if setpoints.forced_kw is not None:
        return setpoints.forced_kw
    match setpoints.battery_mode:
        case "charge":
            return battery.max_kw
        case "discharge":
            return -battery.max_kw
        case "idle":
            return 0.0
    if hour >= RETURNS_FROM_HOUR:
        return (battery.rests_at_kwh - energy_kwh) / (24 - hour)
    return -need_kw
