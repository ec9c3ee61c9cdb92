"""Backups: the whole database as of one instant, and beside it what has to be there to use it again.

What is not in it: the secrets. A backup and the keys to what is sealed in it do not belong in one place; the manifest
names which ones are needed.
"""

from texture_portal.backups.making import forget_older, make
from texture_portal.backups.manifest import Manifest, UnusableBackupError
from texture_portal.backups.programs import ProgramFailedError
from texture_portal.backups.proving import miscounted, shortfalls
from texture_portal.backups.restoring import restore

__all__ = [
    "Manifest",
    "ProgramFailedError",
    "UnusableBackupError",
    "forget_older",
    "make",
    "miscounted",
    "restore",
    "shortfalls",
]
