"""Making readers: their code, their order, their personal link."""

import hashlib
from datetime import timedelta

from django.core.exceptions import ValidationError
from django.db import transaction

from accounts.models import User
from audit.services import record
from reader_study import chance, design
from reader_study.models import Case, CaseKey, Invitation, Presentation, Reader, Study

DAYS_VALID = 60


def secret_hash(secret: str) -> str:
    """What is stored of a link's secret. 256 random bits need no salt and no slow hash."""
    return hashlib.sha256(secret.encode()).hexdigest()


@transaction.atomic
def invite_reader(
    *,
    study: Study,
    user: User | None,
    label: str = "",
    group: str = "",
    simulated: bool = False,
    days: int = DAYS_VALID,
) -> Invitation:
    """Make the next reader of a study with all presentations, and a link for them.

    The order is drawn here, once, and stored; nothing that the reader does later reads the key.
    `group` is what results can be narrowed to, such as residents.
    The invitation returned knows its secret and `path`; these are stored nowhere.
    Raises ValidationError unless the study is locked and not yet closed, or for a duration out of range.
    """
    _check_days(days)
    study = Study.objects.select_for_update().get(pk=study.pk)
    if not study.takes_readers:
        raise ValidationError("Readers are invited after the study is locked and before it is closed.")
    seed = chance.nonce()
    deck = _deck(study, seed)
    reader = Reader.objects.create(
        study=study,
        code=f"R{Reader.objects.filter(study=study).count() + 1:02d}",
        label=label.strip()[:200],
        group=group.strip()[:60],
        simulated=simulated,
        seed=seed,
        max_run=deck.max_run,
        min_lag=deck.min_lag,
    )
    _present(study, reader, deck)
    details = {"study": str(study.pk), "reader": reader.code, "simulated": simulated, "days": days}
    record(workspace=study.workspace, actor=user, action="reader.invited", target=reader, details=details)
    return _link(reader, user, days)


@transaction.atomic
def renew_invitation(*, reader: Reader, user: User | None, days: int = DAYS_VALID) -> Invitation:
    """A new link for the same reader; every earlier one stops working."""
    _check_days(days)
    study = reader.study
    if not study.takes_readers:
        raise ValidationError("The study is closed: it needs no links any more.")
    Invitation.objects.filter(reader=reader, revoked_at=None).update(revoked_at=chance.now())
    details = {"study": str(study.pk), "reader": reader.code, "days": days}
    record(workspace=study.workspace, actor=user, action="reader.link_renewed", target=reader, details=details)
    return _link(reader, user, days)


@transaction.atomic
def revoke_invitation(*, invitation: Invitation, user: User | None) -> None:
    """Make a link useless, at once; what was read stays."""
    changed = Invitation.objects.filter(pk=invitation.pk, revoked_at=None).update(revoked_at=chance.now())
    if changed:
        invitation.refresh_from_db()
        study = invitation.study
        details = {"study": str(study.pk), "reader": invitation.reader.code}
        record(workspace=study.workspace, actor=user, action="reader.link_revoked", target=invitation, details=details)


def _check_days(days: int) -> None:
    if not 1 <= days <= 365:
        raise ValidationError({"days": "A link is valid for 1 to 365 days."})


def _link(reader: Reader, user: User | None, days: int) -> Invitation:
    secret = chance.token()
    invitation = Invitation.objects.create(
        study=reader.study,
        reader=reader,
        token_hash=secret_hash(secret),
        created_by=user,
        expires_at=chance.now() + timedelta(days=days),
    )
    invitation.secret = secret
    return invitation


def _deck(study: Study, seed: str) -> design.Deck:
    settings = study.settings
    sources = dict(CaseKey.objects.filter(case__study=study).values_list("case__code", "source"))
    return design.plan_deck(
        sources,
        seed=seed,
        repeats=settings["repeats_share"],
        min_lag=settings["min_lag"],
        max_run=settings["max_run"],
    )


def _present(study: Study, reader: Reader, deck: design.Deck) -> None:
    """Write the deck down. Addresses are drawn in the order of showing, so that they depend on nothing else."""
    cases = {case.code: case for case in Case.objects.filter(study=study)}
    rows = [
        Presentation(
            reader=reader,
            position=position,
            case=cases[slot.code],
            token=chance.token(),
            is_repeat=slot.is_repeat,
            block=position // study.settings["break_every"],
        )
        for position, slot in enumerate(deck.slots)
    ]
    Presentation.objects.bulk_create(row for row in rows if not row.is_repeat)
    for row, slot in zip(rows, deck.slots):
        if slot.repeat_of is not None:
            row.repeat_of = rows[slot.repeat_of]
    Presentation.objects.bulk_create(row for row in rows if row.is_repeat)
