"""What a partner asks of a link session, already well-formed."""

from dataclasses import dataclass
from uuid import UUID


@dataclass(frozen=True, slots=True)
class Asked:
    """Either `enrollment_id` or `device_id`, the partner's own id of a device."""

    enrollment_id: UUID | None = None
    device_id: str = ""
    redirect_url: str = ""
    language: str = ""
    manufacturer_filters: tuple[str, ...] = ()
    customer_reference: str = ""
