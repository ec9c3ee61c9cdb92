"""The registry of device types: what each tells of itself and which commands it takes, by Texture's names and units.

One table: validation (devices/checking.py), `GET /v1/device-types`, the OpenAPI schema, the admin and the docs all read
it. A new device type is one entry.
"""

from devices.kind import AnyOf, Apart, Command, DeviceType, Field, Kind, Only, Parameter, Rated, Within
from devices.values import Choice, Flag, Instant, Quantity, Range, StateOf

__all__ = ["KINDS", "RATINGS", "DeviceType", "command_of", "takes_command", "unit_of_rating"]

# What a maker may state of a device's limits; safe commands are clipped to these. Names carry their unit.
RATINGS: dict[str, str] = {
    "energyCapacityWh": "Energy that the battery can hold.",
    "maxChargePowerW": "Power at which it can charge.",
    "maxDischargePowerW": "Power at which it can discharge.",
    "ratedPowerW": "Output that an inverter is rated for.",
    "ratedCurrentA": "Current that a charger is rated for.",
    "minTemperatureF": "Lowest target that a thermostat takes.",
    "maxTemperatureF": "Highest target that a thermostat takes.",
}
UNIT_OF_RATING = {"Wh": "Wh", "W": "W", "A": "A", "F": "°F"}  # by how its name ends


def unit_of_rating(name: str) -> str:
    """As the state fields have their units."""
    return next(unit for ending, unit in UNIT_OF_RATING.items() if name.endswith(ending))


PERCENT = Quantity("%", (Range(0, 100),))
WATTS, WATT_HOURS = Quantity("W"), Quantity("Wh")
TARGET_F = Quantity("°F", (Range(45, 95),))
DISCHARGES = "Positive discharges, negative charges."
IMPORTS = "Positive imports, negative exports."

CHARGING_STATE = Field(
    "chargingState", Choice(("charging", "discharging", "idle", "unknown")), "What the energy store does now."
)
CHARGE_PERCENTAGE = Field("chargePercentage", PERCENT, "State of charge.")
CHARGE_RATE = Field("chargeRate", WATTS, "Power into or out of the store.", DISCHARGES)
IS_PLUGGED_IN = Field("isPluggedIn", Flag(), "Whether a vehicle is connected.")
GRID = (
    Field("gridStatus", Choice(("idle", "exporting", "importing", "unknown")), "Which way energy crosses the meter."),
    Field("gridPower", WATTS, "Power at the meter.", IMPORTS),
    Field("gridEnergy", WATT_HOURS, "Energy across the meter since the last update.", IMPORTS, adds_up=True),
)
OPERATING_MODE = Choice(("off", "heat", "cool", "auto", "eco", "unknown"))
FAN_MODE = Choice(("auto", "on", "off", "circulate", "unknown"))
HEAT_OR_BOTH, COOL_OR_BOTH = ("heat", "auto", "eco"), ("cool", "auto", "eco")

HEAT_TARGET = Parameter(
    "heatTarget", TARGET_F, "Heats below it.", required=False,
    least=Rated("minTemperatureF"), most=Rated("maxTemperatureF"),
)  # fmt: skip
COOL_TARGET = Parameter(
    "coolTarget", TARGET_F, "Cools above it.", required=False,
    least=Rated("minTemperatureF"), most=Rated("maxTemperatureF"),
)  # fmt: skip
TARGETS_APART = Apart("heatTarget", "coolTarget", 3, "The heat target is below the cool target by at least 3 °F.")
START_OR_STOP = Parameter(
    "operatingMode", Choice(("start-charging", "stop-charging")), "Whether it charges the vehicle."
)

KINDS: dict[DeviceType, Kind] = {
    kind.type: kind
    for kind in (
        Kind(
            DeviceType.BATTERY,
            "A home's or a business's battery.",
            fields=(
                Field("charge", Quantity("Wh", (Range(0),)), "Energy in store."),
                CHARGE_PERCENTAGE,
                CHARGING_STATE,
                Field("whConsumed", WATT_HOURS, "Energy consumed since the last update.", adds_up=True),
                CHARGE_RATE,
                Field("backupReserve", PERCENT, "It does not discharge below this."),
                *GRID,
                Field(
                    "strategy", Choice(("self_consumption", "time_of_use", "backup", "unknown")),
                    "What it does when nobody commands it.",
                ),
                Field("isStormModeEnabled", Flag(), "Whether it may hold its charge for a storm."),
                Field("isStormModeActive", Flag(), "It holds its charge now, and takes no grid command."),
            ),
            orders=(
                Command(
                    "battery:set-reserve", "Sets the charge below which it does not discharge.",
                    (Parameter("chargePercentage", PERCENT, "The reserve."),),
                ),
                Command(
                    "battery:set-operating-mode", "Charges, discharges, rests, or goes back to its own strategy.",
                    (
                        Parameter(
                            "operatingMode", Choice(("charge", "discharge", "idle", "reset")),
                            "`reset` ends what was commanded.",
                        ),
                        Parameter("minimumBatteryReserve", PERCENT, "It discharges no further.", required=False),
                        Parameter("maximumBatteryReserve", PERCENT, "It charges no further.", required=False),
                        Parameter(
                            "enableGridInteraction", Flag(), "Whether it may exchange energy with the grid.",
                            required=False, default=False,
                        ),
                        Parameter(
                            "executionPriority", Choice(("grid_services", "baseline")),
                            "Whether it goes before the customer's own settings.", required=False,
                        ),
                    ),
                    (
                        Apart(
                            "minimumBatteryReserve", "maximumBatteryReserve", 0,
                            "The minimum reserve is not above the maximum.",
                        ),
                    ),
                    ("The reserve is never below the customer's own.",),
                ),
                Command(
                    "battery:set-power", "Charges or discharges at a given power for a given time.",
                    (
                        Parameter(
                            "power", WATTS, "Within the device's ratings.", sign=DISCHARGES,
                            least=Rated("maxChargePowerW", -1), most=Rated("maxDischargePowerW"),
                        ),
                        Parameter("durationSeconds", Quantity("s", (Range(1, 86_400),)), "At most a day."),
                    ),
                    needs=("maxChargePowerW", "maxDischargePowerW"),
                ),
            ),
        ),
        Kind(
            DeviceType.INVERTER,
            "A solar or hybrid inverter.",
            fields=(
                Field("power", Quantity("W", (Range(0),)), "Output."),
                *GRID,
                Field("batteryState", StateOf("battery"), "The battery behind it, where it has one."),
            ),
            orders=(
                Command(
                    "inverter:limit-export", "Limits what flows to the grid.",
                    (
                        Parameter(
                            "exportLimit", Quantity("W", (Range(0),)), "Zero exports nothing.",
                            most=Rated("ratedPowerW"),
                        ),
                    ),
                    needs=("ratedPowerW",),
                ),
                Command(
                    "inverter:curtail", "Takes a share off what it could give.",
                    (Parameter("curtailmentPercentage", PERCENT, "100 gives nothing."),),
                ),
                Command(
                    "inverter:set-power-factor", "Sets the power factor.",
                    (
                        Parameter(
                            "powerFactor", Quantity("", (Range(-1, -0.8), Range(0.8, 1))), "Real over apparent power.",
                        ),
                    ),
                ),
            ),
        ),
        Kind(
            DeviceType.CHARGER,
            "A charger of electric vehicles.",
            fields=(
                CHARGING_STATE,
                IS_PLUGGED_IN,
                Field("chargerVoltage", Quantity("V"), "Voltage at the vehicle."),
                Field("chargerCurrent", Quantity("A"), "Current to the vehicle."),
                Field("chargerWattage", WATTS, "Power to the vehicle."),
            ),
            orders=(
                Command("charger:set-operating-mode", "Starts or stops charging.", (START_OR_STOP,)),
                Command(
                    "charger:set-current-limit", "Limits the current.",
                    (
                        Parameter(
                            "currentLimit", Quantity("A", (Range(0),)), "Zero charges nothing.",
                            most=Rated("ratedCurrentA"),
                        ),
                    ),
                    needs=("ratedCurrentA",),
                ),
            ),
        ),
        Kind(
            DeviceType.THERMOSTAT,
            "A thermostat, or other control of heating and cooling.",
            fields=(
                Field("ambientTemperature", Quantity("°F"), "Temperature indoors."),
                Field("operatingMode", OPERATING_MODE, "What it may do."),
                Field("heatTarget", Quantity("°F"), "Heats below it: in heat, and with the other in auto."),
                Field("coolTarget", Quantity("°F"), "Cools above it: in cool, and with the other in auto."),
                Field("fanMode", FAN_MODE, "What the fan does."),
            ),
            orders=(
                Command(
                    "thermostat:set-operating-mode", "Sets mode and targets.",
                    (
                        Parameter("operatingMode", OPERATING_MODE.without("unknown"), "What it may do."),
                        HEAT_TARGET,
                        COOL_TARGET,
                    ),
                    (
                        TARGETS_APART,
                        Only("heatTarget", "operatingMode", HEAT_OR_BOTH, "There is no heat target in cool or off."),
                        Only("coolTarget", "operatingMode", COOL_OR_BOTH, "There is no cool target in heat or off."),
                    ),
                ),
                Command(
                    "thermostat:set-fan-mode", "Sets the fan.",
                    (Parameter("fanMode", FAN_MODE.without("unknown"), "What the fan does."),),
                ),
                Command(
                    "thermostat:set-schedule-override", "Holds targets for a time, against its schedule.",
                    (HEAT_TARGET, COOL_TARGET, Parameter("until", Instant(), "When its schedule goes on.")),
                    (
                        AnyOf(("heatTarget", "coolTarget"), "At least one of the targets is given."),
                        TARGETS_APART,
                        Within("until", 24, "The override ends in the future, within 24 hours."),
                    ),
                ),
            ),
        ),
        Kind(
            DeviceType.VEHICLE,
            "An electric vehicle.",
            fields=(
                CHARGE_PERCENTAGE,
                CHARGING_STATE,
                IS_PLUGGED_IN,
                CHARGE_RATE,
                Field("chargeLimit", PERCENT, "It charges no further."),
            ),
            orders=(
                Command("vehicle:set-operating-mode", "Starts or stops charging.", (START_OR_STOP,)),
                Command(
                    "vehicle:set-charge-limit", "Sets how far it charges.",
                    (Parameter("chargeLimit", Quantity("%", (Range(50, 100),)), "The limit."),),
                ),
            ),
        ),
        Kind(DeviceType.OTHER, "What is none of these: it is known and not commanded."),
    )
}  # fmt: skip


def takes_command(device_type: str, command: str) -> bool:
    return command in KINDS[DeviceType(device_type)].commands


def command_of(slug: str) -> Command | None:
    return next((order for kind in KINDS.values() for order in kind.orders if order.slug == slug), None)
