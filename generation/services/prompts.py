"""Importing prompt sets."""

from django.core.exceptions import ValidationError
from django.db import transaction
from django.db.models import Max

from accounts.models import User, Workspace
from audit.services import record
from generation.models import Prompt, PromptSet
from generation.prompt_csv import PromptFileError, prompts_digest, read_prompts


@transaction.atomic
def import_prompt_set(*, workspace: Workspace, name: str, data: bytes, user: User | None) -> PromptSet:
    """Read a prompt file and keep it under `name`.

    The same content under the same name gives the set that is there; other content is the name's next version.
    Raises ValidationError (of the field it belongs to) with what is wrong and where.
    """
    name = name.strip()
    if not name or len(name) > 120:
        raise ValidationError({"name": "Give the prompt set a name of at most 120 characters."})
    try:
        rows = read_prompts(data)
    except PromptFileError as error:
        raise ValidationError({"file": str(error)}) from error
    digest = prompts_digest(rows)
    versions = PromptSet.objects.filter(workspace=workspace, name=name)
    if same := versions.filter(digest=digest).first():
        return same
    last = versions.aggregate(last=Max("version"))["last"] or 0
    prompt_set = PromptSet.objects.create(
        workspace=workspace, created_by=user, name=name, version=last + 1, digest=digest, count=len(rows)
    )
    Prompt.objects.bulk_create(
        Prompt(
            prompt_set=prompt_set,
            position=position,
            text=row.prompt,
            findings=list(row.findings),
            age=row.age,
            sex=row.sex,
            view=row.view,
        )
        for position, row in enumerate(rows)
    )
    details = {"digest": digest, "prompts": len(rows)}
    record(workspace=workspace, actor=user, action="prompt_set.imported", target=prompt_set, details=details)
    return prompt_set
