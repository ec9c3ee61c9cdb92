from texture_portal.models.act import Act
from texture_portal.models.heartbeat import Heartbeat
from texture_portal.models.identity import Identity

__all__ = ["Act", "Heartbeat", "Identity"]
