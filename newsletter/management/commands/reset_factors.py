"""Take the second factor of an account away."""

from __future__ import annotations

from typing import Any

from django.contrib.auth.models import User
from django.core.management.base import BaseCommand, CommandError, CommandParser

from newsletter.factors.keeping import reset


class Command(BaseCommand):
    help = (
        "Take the second factor of an account away and end its sessions, for who lost all they"
        " had: the password alone lets in then, or, with STAFF_SECOND_FACTOR, leads to set another"
        " one up. Example: `manage.py reset_factors chief`."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("name", metavar="NAME", help="the user name")

    def handle(self, *args: Any, name: str, **options: Any) -> None:
        user = User.objects.filter(username=name).first()
        if user is None:
            raise CommandError(f"There is no account of the name {name}.")
        reset(user)
        self.stdout.write(f"The second factor of {name} is reset.")
