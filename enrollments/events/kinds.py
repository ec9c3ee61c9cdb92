"""The types of events, by name. A new type is one class and one line here."""

from enrollments.events.base import Kind
from enrollments.events.connectivity import ConnectivityLost, ConnectivityRestored
from enrollments.events.consents import ConsentExpired, ConsentRevoked
from enrollments.events.decommissioned import Decommissioned
from enrollments.events.ownership import OwnershipTransferred
from enrollments.events.relocated import Relocated

KINDS: dict[str, Kind] = {
    kind.name: kind
    for kind in (
        ConsentRevoked(),
        ConsentExpired(),
        Decommissioned(),
        Relocated(),
        OwnershipTransferred(),
        ConnectivityLost(),
        ConnectivityRestored(),
    )
}
