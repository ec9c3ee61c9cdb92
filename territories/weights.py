"""What each piece of evidence weighs: one table, and the reason for every number (docs/matching.md: how they were set).

A weight is a natural logarithm of odds: +1 makes a utility 2.7 times as likely as it was, -1 as much less. The rates
named are those of two sets of places where only one utility's territory lies within 1.5 km: the real addresses of 28
states (2,600 of them) and the centroids of ZIP codes (14,000).
"""

from typing import NamedTuple


class Weight(NamedTuple):
    value: float
    because: str


WEIGHTS = {
    "boundary.inside": Weight(2.0, "Where nothing else is known, a territory is right about nine times in ten."),
    "boundary.outside": Weight(-1.9, "2 in 100 homes lie outside their utility's boundary as published."),
    "boundary.unmapped": Weight(
        1.4, "A utility whose boundary was never published there is neither inside nor outside it."
    ),
    "zip_table.listed": Weight(
        1.0,
        "97 in 100 homes are in a ZIP code that lists their utility; 35 in 100 of their neighbours' are listed too.",
    ),
    "zip_table.not_listed": Weight(-2.8, "Fewer than 3 in 100 homes are in a ZIP code that lists others, not theirs."),
    "zip_table.silent": Weight(
        -1.8, "8 in 100 homes are in a ZIP code that the table lacks, though it knows their utility elsewhere."
    ),
    "county_table.listed": Weight(0.2, "97 in 100 homes, but so do most utilities whose territory reaches there."),
    "county_table.not_listed": Weight(-1.8, "3 in 100 homes, mostly for a ZIP code that straddles counties."),
    "jurisdiction.other_state": Weight(-2.5, "Few utilities have customers in a state that no table names."),
    "account_number.fits": Weight(1.5, "The forms of neighbouring utilities' numbers seldom agree by chance."),
    "account_number.differs": Weight(-2.0, "A typing error, or an old number, is as rare as that."),
    "partner_hint.named": Weight(0.7, "Installers mostly know; less than a boundary, so that it never decides alone."),
    "reviewer_decision.same": Weight(1.2, "A neighbour is mostly on the same wires; more of them say little more."),
    "segment.unknown": Weight(-0.7, "A utility of unknown kind: perhaps it has no homes for customers."),
    "nobody_mapped": Weight(
        -0.7, "Added where no territory holds the place: 2 in 100 homes, and as many of nobody known."
    ),
    "nobody_known": Weight(-1.5, "In some places none of the candidates serves: new towns, sold systems, campuses."),
}


def weight(name: str) -> float:
    return WEIGHTS[name].value
