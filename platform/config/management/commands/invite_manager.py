"""`manage.py invite_manager`: how the first person gets in."""

import os
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.urls import reverse
from django.utils.text import slugify

from accounts.models import Workspace
from accounts.policy import Role
from accounts.services import INVITATION_DAYS, invite_member


class Command(BaseCommand):
    """Print a link with which somebody makes an account and becomes a manager."""

    help = "Make a workspace where there is none of that name, and print a link that makes its opener a manager of it."

    def add_arguments(self, parser: CommandParser) -> None:
        """The workspace, and where the site is."""
        parser.add_argument("--workspace", required=True, help="the workspace's slug, for example: lab")
        parser.add_argument("--name", help="its name, where it is new")
        parser.add_argument("--site", default=f"http://localhost:{os.environ.get('PORT', '8000')}")

    def handle(self, *args: Any, **options: Any) -> None:
        """Make and print."""
        slug = options["workspace"]
        if slug != slugify(slug):
            raise CommandError(
                f"A workspace's slug has lower-case letters, digits and hyphens only, as in {slugify(slug)!r}."
            )
        workspace, _ = Workspace.objects.get_or_create(slug=slug, defaults={"name": options["name"] or slug})
        _, secret = invite_member(workspace=workspace, role=Role.MANAGER, user=None, note="made on the server")
        self.stdout.write(
            f"Open within {INVITATION_DAYS} days, once: {options['site']}{reverse('members:join', args=[secret])}"
        )
