"""What tests of real processes look at."""

import psutil


def lives(process: psutil.Process) -> bool:
    """A zombie ended, and waits for its parent to notice."""
    try:
        return process.is_running() and process.status() != psutil.STATUS_ZOMBIE
    except psutil.NoSuchProcess:  # it ended between the two questions
        return False
