"""Where simulated homes stand: real towns with invented streets, and how warm it is there."""

from dataclasses import dataclass

HOUR = 3600
DAY = 24 * HOUR


@dataclass(frozen=True, slots=True)
class Place:
    """`mean_c` is the year's mean temperature; summer is `season_c` above it, afternoon `daily_c` above the day's."""

    city: str
    state: str
    postal_code: str
    timezone: str
    latitude: float
    longitude: float
    mean_c: float
    season_c: float
    daily_c: float

    @property
    def offset(self) -> int:
        """Seconds from UTC to the sun's time, in whole hours: days begin at its midnight, without daylight saving."""
        return round(self.longitude / 15) * HOUR

    def day_of(self, instant: float) -> int:
        return int((instant + self.offset) // DAY)

    def midnight(self, day: int) -> int:
        """The instant at which a day begins here."""
        return day * DAY - self.offset


PACIFIC, MOUNTAIN = "America/Los_Angeles", "America/Denver"
CENTRAL, EASTERN = "America/Chicago", "America/New_York"

PLACES = (
    Place("San Rafael", "CA", "94903", PACIFIC, 38.00, -122.54, 15.0, 5.0, 6.0),
    Place("Sacramento", "CA", "95814", PACIFIC, 38.58, -121.49, 16.5, 8.5, 8.0),
    Place("San Diego", "CA", "92101", PACIFIC, 32.72, -117.16, 17.8, 4.0, 4.0),
    Place("Portland", "OR", "97205", PACIFIC, 45.52, -122.69, 12.5, 8.0, 5.5),
    Place("Phoenix", "AZ", "85004", "America/Phoenix", 33.45, -112.07, 23.9, 11.0, 7.5),
    Place("Denver", "CO", "80202", MOUNTAIN, 39.75, -105.00, 10.5, 12.0, 8.0),
    Place("Austin", "TX", "78701", CENTRAL, 30.27, -97.74, 20.6, 9.5, 6.5),
    Place("Minneapolis", "MN", "55401", CENTRAL, 44.98, -93.27, 8.0, 16.5, 5.5),
    Place("Columbus", "OH", "43215", EASTERN, 39.97, -83.00, 11.8, 12.5, 5.5),
    Place("Raleigh", "NC", "27601", EASTERN, 35.77, -78.64, 16.0, 10.0, 6.0),
    Place("Albany", "NY", "12207", EASTERN, 42.65, -73.75, 9.2, 13.0, 5.5),
    Place("Burlington", "VT", "05401", EASTERN, 44.48, -73.21, 8.3, 14.0, 5.0),
)
