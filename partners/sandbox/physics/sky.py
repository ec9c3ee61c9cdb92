"""Sun and weather over a place: closed forms of the instant, with clouds and warmth drawn by day."""

from math import cos, pi, radians, sin

from partners.sandbox.chance import between, fraction
from partners.sandbox.homes import Home
from partners.sandbox.places import DAY, HOUR, Place

YEAR = 365.2425 * DAY
SOLSTICE = 171.5 * DAY  # into the year: about 21 June
LOSSES = 0.82  # of panels against their rating at a sun overhead


def sun_height(place: Place, instant: float) -> float:
    """Sine of the sun's elevation: 1 overhead, 0 on the horizon, below it at night."""
    declination = radians(23.44) * cos(2 * pi * (instant - SOLSTICE) / YEAR)
    latitude = radians(place.latitude)
    hour_angle = 2 * pi * (instant / DAY + place.longitude / 360 - 0.5)
    return sin(latitude) * sin(declination) + cos(latitude) * cos(declination) * cos(hour_angle)


def sunlight_kw(home: Home, instant: float, *, clouds: tuple[float, ...]) -> float:
    """What the panels could give; nothing at all while the sun is down."""
    height = sun_height(home.place, instant)
    if height <= 0:
        return 0.0
    return home.solar_kw * LOSSES * height * clouds[int((instant + home.place.offset) % DAY // HOUR)]


def clouds_of(home: Home, day: int) -> tuple[float, ...]:
    """How much gets through, by hour: neighbours (of one place) share the day's weather."""
    cover = fraction(home.seed, home.place.city, day, "cover") ** 2
    return tuple(1 - cover * between(0.5, 1.0, home.seed, home.number, day, hour, "cloud") for hour in range(24))


def outdoor_c(place: Place, instant: float, *, spell: float) -> float:
    """`spell` is how much warmer than usual it is, as a day's weather has it."""
    season = place.season_c * cos(2 * pi * (instant - SOLSTICE - 30 * DAY) / YEAR)
    daily = place.daily_c * cos(2 * pi * ((instant + place.offset) / DAY - 15 / 24))
    return place.mean_c + season + daily + spell


def spell_at(home: Home, instant: float) -> float:
    """Degrees by which the weather is off its usual; it passes smoothly from one midnight's to the next."""
    day = home.place.day_of(instant)
    begins = home.place.midnight(day)
    share = (instant - begins) / DAY
    before, after = (between(-3, 3, home.seed, home.place.city, each, "spell") for each in (day, day + 1))
    return before + (after - before) * share
