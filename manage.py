#!/usr/bin/env python
"""Django's command line for the enrollment portal."""

import os
import sys

from django.core.exceptions import ImproperlyConfigured
from django.core.management import execute_from_command_line

from texture_portal import underway

if __name__ == "__main__":
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "texture_portal.settings")
    try:
        with underway.begun(actor=underway.command(sys.argv)):
            execute_from_command_line(sys.argv)
    except ImproperlyConfigured as fault:  # it says what to do; where it was noticed helps nobody
        sys.exit(f"The portal cannot start. {fault}")
