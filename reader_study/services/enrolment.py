"""What a personal link does: it enrols once, and afterwards signs the same reader in again."""

from typing import Literal

from django.db import transaction

from accounts.models import Membership, User
from accounts.policy import Role
from audit.services import record
from reader_study import chance
from reader_study.blinding import digest_json
from reader_study.models import Invitation, Reader
from reader_study.services.inviting import secret_hash

Refusal = Literal["unknown", "revoked", "expired"]


class InvitationRefused(Exception):
    """A link that opens nothing, and why."""

    def __init__(self, reason: Refusal) -> None:
        super().__init__(reason)
        self.reason: Refusal = reason

    @property
    def status(self) -> int:
        """The HTTP status: never existed, or is gone."""
        return 404 if self.reason == "unknown" else 410


def find_invitation(secret: str) -> Invitation:
    """The invitation of a link that can be used; InvitationRefused otherwise."""
    rows = Invitation.objects.select_related("reader__user", "reader__study__workspace")
    invitation = rows.filter(token_hash=secret_hash(secret)).first()
    if invitation is None:
        raise InvitationRefused("unknown")
    if invitation.revoked_at:
        raise InvitationRefused("revoked")
    if invitation.is_expired:
        raise InvitationRefused("expired")
    return invitation


@transaction.atomic
def enrol(*, secret: str) -> Reader:
    """The reader of a link, with a user of their own from the first use on. Raises InvitationRefused."""
    invitation = find_invitation(secret)
    reader = (
        Reader.objects.select_for_update(of=("self",)).select_related("study__workspace").get(pk=invitation.reader_id)
    )
    now = chance.now()
    if reader.user is None:
        reader.user = _user_of(reader)
        reader.enrolled_at = now
        reader.save(update_fields=["user", "enrolled_at"])
        details = {"study": str(reader.study_id), "reader": reader.code}
        workspace = reader.study.workspace
        record(workspace=workspace, actor=reader.user, action="reader.enrolled", target=reader, details=details)
    Invitation.objects.filter(pk=invitation.pk).update(last_used_at=now)
    return reader


def _user_of(reader: Reader) -> User:
    """A user who can come in by the link only, and may do nothing but read."""
    user = User(username=f"reader-{chance.nonce()[:24]}")
    user.set_unusable_password()
    user.save()
    Membership.objects.create(user=user, workspace=reader.study.workspace, role=Role.READER)
    return user


@transaction.atomic
def consent(*, reader: Reader) -> None:
    """Write down that the reader consented, and to which text."""
    study = reader.study
    digest = digest_json(study.consent_text)
    given = Reader.objects.filter(pk=reader.pk, consented_at=None)
    if given.update(consented_at=chance.now(), consent_hash=digest):
        details = {"study": str(study.pk), "reader": reader.code, "consent_hash": digest}
        record(workspace=study.workspace, actor=reader.user, action="reader.consented", target=reader, details=details)
