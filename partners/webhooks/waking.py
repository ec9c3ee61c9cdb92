"""Waking a worker for the outbox, but not one for each message: while some worker is at it, it sees what comes.

Likewise those whose rows the answers to some types are.
"""

from texture_portal.vigils import Vigil

KIND = "webhooks"  # of the job
OUTBOX = Vigil(KIND, 0x7765_6268_6F6F_6B73)
COMMANDS = Vigil("commands", 0x636F_6D6D_616E_6473)  # devices/commands: they hear the answers to what they were told

wake, awake = OUTBOX.wake, OUTBOX.kept
