"""A US postal address, and the form under which two spellings of it are one."""

import hashlib
import re
from dataclasses import dataclass

STATES_AND_DC = frozenset(
    re.findall(
        "..",
        "ALAKAZARCACOCTDCDEFLGAHIIAIDILINKSKYLAMAMDMEMIMNMOMSMTNCNDNENHNJNMNVNYOHOKORPARISCSDTNTXUTVAVTWAWIWVWY",
    )
)
TERRITORIES = frozenset({"AS", "GU", "MP", "PR", "VI"})
FREELY_ASSOCIATED_STATES = frozenset({"FM", "MH", "PW"})
MILITARY = frozenset({"AA", "AE", "AP"})
USPS_CODES: frozenset[str] = STATES_AND_DC | TERRITORIES | FREELY_ASSOCIATED_STATES | MILITARY

KEY_LENGTH = 400  # of the site's column

# "Saint" and "Street" share an abbreviation, so both are cut to it: which of them "St" means need not be known.
ABBREVIATIONS = {
    long: short
    for short, longs in {
        "st": "street saint str",
        "ave": "avenue av aven",
        "rd": "road",
        "dr": "drive drv",
        "ln": "lane",
        "blvd": "boulevard boul",
        "ct": "court",
        "cts": "courts",
        "pl": "place",
        "sq": "square",
        "ter": "terrace terr",
        "pkwy": "parkway pkway pky",
        "hwy": "highway hiway",
        "cir": "circle circ",
        "trl": "trail",
        "xing": "crossing",
        "expy": "expressway",
        "fwy": "freeway",
        "tpke": "turnpike",
        "aly": "alley",
        "plz": "plaza",
        "rte": "route",
        "hts": "heights",
        "mt": "mount",
        "mtn": "mountain",
        "ft": "fort",
        "n": "north",
        "s": "south",
        "e": "east",
        "w": "west",
        "ne": "northeast",
        "nw": "northwest",
        "se": "southeast",
        "sw": "southwest",
        "apt": "apartment unit",
        "ste": "suite",
        "fl": "floor",
        "bldg": "building",
        "rm": "room",
        "trlr": "trailer",
    }.items()
    for long in longs.split()
}


@dataclass(frozen=True, slots=True)
class Address:
    street_one: str
    street_two: str
    city: str
    state: str
    postal_code: str
    country: str = "US"

    @property
    def key(self) -> str:
        """Equal for two spellings of one address: case, spaces, punctuation, usual abbreviations, ZIP+4."""
        parts = (f"{self.street_one} {self.street_two}", self.city, self.state)
        key = "|".join([*map(abbreviated, parts), self.zip_code])
        if len(key) <= KEY_LENGTH:
            return key
        digest = hashlib.sha256(key.encode()).hexdigest()
        return key[: KEY_LENGTH - len(digest)] + digest

    @property
    def zip_code(self) -> str:
        """The first five digits of the postal code."""
        return self.postal_code.strip()[:5]


def abbreviated(text: str) -> str:
    """`2101 North Main Street, #4` and `2101 N. Main St apt 4` both become `2101 n main st apt 4`."""
    bare = re.sub("['\N{RIGHT SINGLE QUOTATION MARK}.]", "", text.casefold().replace("#", " apt "))
    words = [ABBREVIATIONS.get(word, word) for word in re.findall(r"\w+", bare)]
    return " ".join(word for word, before in zip(words, [None, *words], strict=False) if word != before)


def place_key(city: str) -> str:
    """A city's name for comparison: `St. Paul` and `Saint Paul`, `De Kalb` and `DeKalb` are one."""
    return abbreviated(city).replace(" ", "")
