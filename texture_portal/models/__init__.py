from texture_portal.models.act import Act
from texture_portal.models.authenticator import Authenticator
from texture_portal.models.component_span import ComponentSpan
from texture_portal.models.gate import GateBucket
from texture_portal.models.heartbeat import Heartbeat
from texture_portal.models.identity import Identity
from texture_portal.models.key import Key
from texture_portal.models.look import Look
from texture_portal.models.saved_filter import SavedFilter
from texture_portal.models.staff_session import StaffSession

__all__ = [
    "Act",
    "Authenticator",
    "ComponentSpan",
    "GateBucket",
    "Heartbeat",
    "Identity",
    "Key",
    "Look",
    "SavedFilter",
    "StaffSession",
]
