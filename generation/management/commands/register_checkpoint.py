"""manage.py register_checkpoint: make a checkpoint known to a workspace, from any folder or the hub."""

from typing import Any

from django.core.exceptions import ValidationError
from django.core.management.base import BaseCommand, CommandError, CommandParser

from accounts.models import Workspace
from generation.engine.overrides import OVERRIDABLE
from generation.services import register_checkpoint
from generation.services.places import MANY


class Command(BaseCommand):
    """Inspect and register; a folder need not lie below CHECKPOINT_ROOTS here."""

    help = "Register a checkpoint: a diffusers folder, or a hub id with --revision."

    def add_arguments(self, parser: CommandParser) -> None:
        """Where it lies, what it is called, and what stands in for its parts."""
        parser.add_argument("location", help="folder, or owner/name on the Hugging Face hub")
        parser.add_argument("--workspace", required=True, metavar="SLUG")
        parser.add_argument("--name", default="", help="default: the last part of the location")
        parser.add_argument("--revision", default="", help="branch, tag or commit of a hub id")
        for part in OVERRIDABLE:
            action = "append" if part in MANY else "store"
            parser.add_argument(f"--{part.replace('_', '-')}", action=action, metavar="PATH", dest=part)

    def handle(self, *args: Any, **options: Any) -> None:
        """Register, and say what it is."""
        workspace = workspace_by_slug(options["workspace"])
        location = options["location"]
        overrides = {part: options[part] for part in OVERRIDABLE if options[part]}
        try:
            checkpoint = register_checkpoint(
                workspace=workspace,
                name=options["name"] or location.rstrip("/").rsplit("/", 1)[-1],
                location=location,
                revision=options["revision"],
                overrides=overrides,
                user=None,
            )
        except ValidationError as error:
            raise CommandError(" ".join(error.messages)) from error
        self.stdout.write(f"{checkpoint.name}: {checkpoint.digest}")


def workspace_by_slug(slug: str) -> Workspace:
    """The workspace, or a CommandError that names those there are."""
    workspace = Workspace.objects.filter(slug=slug).first()
    if workspace is None:
        known = ", ".join(Workspace.objects.values_list("slug", flat=True)) or "none yet"
        raise CommandError(f"No workspace {slug!r}. Known: {known}.")
    return workspace
