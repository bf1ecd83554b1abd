"""What several commands ask for."""

from uuid import UUID

from django.core.management.base import CommandError

from accounts.models import User, Workspace
from images.models import ImageSet


def workspace_of(slug: str | None) -> Workspace:
    """The workspace of that slug, or the only one."""
    found = list(Workspace.objects.filter(slug=slug) if slug else Workspace.objects.all()[:2])
    if len(found) == 1:
        return found[0]
    if slug or not found:
        raise CommandError(f"There is no workspace {slug}." if slug else "There is no workspace yet.")
    raise CommandError("There are several workspaces: name one with --workspace SLUG.")


def user_of(username: str | None) -> User | None:
    """The user of that name; nobody where none is named."""
    if not username:
        return None
    try:
        return User.objects.get(username=username)
    except User.DoesNotExist:
        raise CommandError(f"There is no user {username}.") from None


def image_set_of(words: str, slug: str | None) -> ImageSet:
    """The image set of that id, or of that name in the workspace."""
    try:
        found = ImageSet.objects.filter(pk=UUID(words))
    except ValueError:
        found = ImageSet.objects.filter(name=words, workspace=workspace_of(slug))
    sets = list(found[:2])
    if not sets:
        raise CommandError(f"There is no image set {words}.")
    if len(sets) > 1:
        raise CommandError(f"Several image sets are called {words}: give the id, which stands in the set's address.")
    return sets[0]
