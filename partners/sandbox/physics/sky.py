"""Sun and weather over a place: closed forms of the instant, with clouds and warmth drawn by day."""

from math import pi, radians

import numpy as np
from numpy.typing import NDArray

from partners.sandbox.chance import between, fraction
from partners.sandbox.homes import Home
from partners.sandbox.places import DAY, HOUR, Place

Row = NDArray[np.float64]
YEAR = 365.2425 * DAY
SOLSTICE = 171.5 * DAY  # into the year: about 21 June
LOSSES = 0.82  # of panels against their rating at a sun overhead


def sun_height(place: Place, instants: Row) -> Row:
    """Sine of the sun's elevation: 1 overhead, 0 on the horizon, below it at night."""
    declination = radians(23.44) * np.cos(2 * pi * (instants - SOLSTICE) / YEAR)
    latitude = radians(place.latitude)
    hour_angle = 2 * pi * (instants / DAY + place.longitude / 360 - 0.5)
    upright = np.sin(latitude) * np.sin(declination)
    height: Row = upright + np.cos(latitude) * np.cos(declination) * np.cos(hour_angle)
    return height


def sunlight_kw(home: Home, day: int, instants: Row) -> Row:
    """What the panels could give; nothing at all while the sun is down."""
    hours = ((instants + home.place.offset) % DAY // HOUR).astype(int)
    clear = np.maximum(0.0, sun_height(home.place, instants))
    given: Row = home.solar_kw * LOSSES * clear * np.array(_clouds(home, day))[hours]
    return given


def outdoor_c(home: Home, day: int, instants: Row) -> Row:
    """The season's and the hour's usual, and the weather's own, which passes smoothly from one day into the next."""
    place, midnight = home.place, home.place.midnight(day)
    season = place.season_c * np.cos(2 * pi * (instants - SOLSTICE - 30 * DAY) / YEAR)
    daily = place.daily_c * np.cos(2 * pi * ((instants + place.offset) / DAY - 15 / 24))
    before, after = (between(-3, 3, home.seed, place.city, each, "spell") for each in (day, day + 1))
    return place.mean_c + season + daily + before + (after - before) * (instants - midnight) / DAY


def _clouds(home: Home, day: int) -> list[float]:
    """How much gets through, by hour: neighbours (of one place) share the day's weather."""
    cover = fraction(home.seed, home.place.city, day, "cover") ** 2
    return [1 - cover * between(0.5, 1.0, home.seed, home.number, day, hour, "cloud") for hour in range(24)]
