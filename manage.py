#!/usr/bin/env python3
"""Run Django's commands for this project."""

import os
import sys
from pathlib import Path

from django.core.management import execute_from_command_line

from newsletter.env import load_file

if __name__ == "__main__":
    # What `make` leaves for a developer's machine. Servers (wsgi, asgi) never read it.
    load_file(Path(__file__).resolve().parent / ".env")
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "newsletter.settings")
    execute_from_command_line(sys.argv)
