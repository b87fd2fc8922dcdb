"""`python manage.py people` makes the users of the shop: alice and bob."""

from typing import Any

from django.conf import settings
from django.contrib.auth import get_user_model
from django.core.management.base import BaseCommand, CommandError


class Command(BaseCommand):
    """Makes users whose passwords everybody knows: for your own machine alone."""

    help = "Make alice and bob, whose passwords are their names."

    def handle(self, *_: Any, **__: Any) -> None:
        """Makes those who are not there. Raises CommandError where others could sign in."""
        if settings.IS_HTTPS:
            raise CommandError("These users are for your own machine alone.")
        users = get_user_model().objects
        for name in ("alice", "bob"):
            if not users.filter(username=name).exists():
                users.create_user(name, password=name)
