"""From draft to unsealed: each step once, in order, on record, and refused with a word otherwise."""

from typing import Any

import pytest
from django.core.exceptions import ValidationError
from django.core.files.storage import default_storage
from django.db import transaction
from django.db.utils import InternalError, ProgrammingError

from audit.models import Event
from images.models import ImageSet
from jobs.models import RunState
from reader_study import blinding, services
from reader_study.design.order import longest_run
from reader_study.models import Case, CaseKey, Presentation, Reader, SealedNonce, Study
from tests.reader_study import factories

pytestmark = pytest.mark.django_db


@pytest.fixture
def draft(workspace: Any, coordinator: Any) -> Study:
    return factories.build_draft(workspace, coordinator)


def actions(study: Study) -> list[str]:
    return list(Event.objects.filter(target_id=str(study.pk)).order_by("id").values_list("action", flat=True))


def test_draft_has_its_cases_rendered_numbered_and_audited(draft: Study) -> None:
    cases = Case.objects.filter(study=draft)
    assert [case.code for case in cases] == [f"C{number:03d}" for number in range(1, 13)]
    assert {len(case.frame_bytes()) for case in cases} == {48 * 48}
    assert all(blinding.frame_digest(case.frame_bytes()) == case.frame_sha256 for case in cases)
    assert sorted(CaseKey.objects.filter(case__study=draft).values_list("source", flat=True)) == (
        ["real"] * 6 + ["synthetic"] * 6
    )
    assert draft.settings["frame_size"] == 48
    assert len(draft.blinding_report["rows"]) >= 12 and draft.blinding_report["rendition"] == blinding.RENDITION
    assert {row["findings"]: (row["real"], row["synthetic"]) for row in draft.selection["strata"]} == {
        "No Finding": (2, 2),
        "Effusion": (2, 2),
        "Nodule": (2, 2),
    }


def test_numbering_says_nothing_of_the_class(workspace: Any) -> None:
    real = factories.image_set(workspace, "real", 60)
    synthetic = factories.image_set(workspace, "synthetic", 60, first_seed=1000)
    study = factories.build_draft(workspace, None, n=60, real_set=real, synthetic_set=synthetic)
    keys = CaseKey.objects.filter(case__study=study).order_by("case__code").values_list("source", flat=True)
    first = list(keys)[:60].count("real")
    assert 18 <= first <= 42  # 30 expected; 4.4 standard deviations


def test_frame_is_no_larger_than_the_smallest_picture(workspace: Any) -> None:
    real = factories.image_set(workspace, "real", 6, side=90)
    study = factories.build_draft(workspace, None, real_set=real)
    assert study.settings["frame_size"] == 48


def test_frame_that_would_enlarge_a_picture_fails_the_preparation(workspace: Any) -> None:
    study = factories.build_draft(workspace, None, frame_size=64)
    assert study.rendition.state == RunState.FAILED and "smaller than the frame" in study.rendition.error
    assert not Case.objects.filter(study=study).exists()
    with pytest.raises(ValidationError, match="not ready"):
        services.lock_study(study=study, user=None)


def test_preparing_twice_changes_nothing(draft: Study) -> None:
    before = list(Case.objects.values_list("pk", "code", "frame_sha256"))
    services.run_rendition(draft.rendition)
    assert list(Case.objects.values_list("pk", "code", "frame_sha256")) == before


def test_preparation_is_queued_with_an_id_only(
    workspace: Any, monkeypatch: Any, django_capture_on_commit_callbacks: Any
) -> None:
    from reader_study.tasks import prepare_cases

    sent: list[Any] = []
    monkeypatch.setattr(prepare_cases, "delay", lambda *args, **kwargs: sent.append((args, kwargs)))
    with django_capture_on_commit_callbacks(execute=True):
        study = factories.build_draft(workspace, None, prepared=False)
    assert sent == [((str(study.rendition.pk),), {})]


@pytest.mark.parametrize(
    "change, field, message",
    [
        ({"n_real": 7}, "n_real", "has only 6"),
        ({"n_synthetic": 99}, "n_synthetic", "has only 6"),
        ({"n_real": 0}, "n_real", "1 to 5,000"),
        ({"margin": 0.6}, "margin", "between 0.01 and 0.49"),
        ({"repeats": 0.9}, "repeats_share", "between 0 and 0.5"),
        ({"frame_size": 4000}, "frame_size", "32 and 1,024"),
        ({"questions": []}, "questions", "at least one question"),
        ({"title": " "}, "title", "cannot be blank"),
    ],
)
def test_impossible_plan_is_refused_by_field_and_leaves_nothing(
    workspace: Any, change: dict[str, Any], field: str, message: str
) -> None:
    with pytest.raises(ValidationError) as refusal, transaction.atomic():
        factories.build_draft(workspace, None, **{"n": 6, **change})
    assert message in " ".join(refusal.value.message_dict[field])
    assert not Study.objects.exists()


def test_sets_must_be_real_and_synthetic_and_of_the_workspace(workspace: Any, other_workspace: Any) -> None:
    real, synthetic = (factories.image_set(workspace, source, 4, first_seed=seed) for source, seed in SOURCES)
    elsewhere = factories.image_set(other_workspace, "real", 4)
    for sets in ((synthetic, synthetic), (real, real), (elsewhere, synthetic)):
        with pytest.raises(ValidationError, match="Choose an image set"):
            factories.build_draft(workspace, None, n=4, real_set=sets[0], synthetic_set=sets[1])


SOURCES = (("real", 0), ("synthetic", 50))


def test_picture_in_both_sets_is_refused(workspace: Any) -> None:
    real, synthetic = (
        factories.image_set(workspace, source, 4, first_seed=2 * n) for n, (source, _) in enumerate(SOURCES)
    )
    with pytest.raises(ValidationError, match="2 pictures are in both sets"):
        factories.build_draft(workspace, None, n=4, real_set=real, synthetic_set=synthetic)


def test_lock_fixes_protocol_and_commits_to_the_key(draft: Study, coordinator: Any) -> None:
    study = factories.lock(draft, coordinator)
    assert study.state == "locked" and study.locked_at
    assert study.protocol_hash == blinding.digest_json(study.protocol)
    assert len(study.key_commitment) == 64 and study.protocol["key_commitment"] == study.key_commitment
    assert study.protocol["frames"] == dict(Case.objects.filter(study=study).values_list("code", "frame_sha256"))
    assert study.protocol["settings"]["margin"] == 0.1
    assert "source" not in str(study.protocol["frames"])
    event = Event.objects.get(action="study.locked")
    assert event.details == {"protocol_hash": study.protocol_hash, "key_commitment": study.key_commitment}
    assert event.actor == coordinator


def test_suspicious_blinding_report_needs_a_reason(workspace: Any) -> None:
    dark = factories.image_set(workspace, "synthetic", 20, first_seed=500)
    real = factories.image_set(workspace, "real", 20)
    study = factories.build_draft(workspace, None, n=20, real_set=real, synthetic_set=dark)
    report = {**study.blinding_report, "rows": [{"feature": "contrast", "auc": 0.99, "p": 0.001}]}
    Study.objects.filter(pk=study.pk).update(blinding_report=report)
    with pytest.raises(ValidationError) as refusal:
        services.lock_study(study=study, user=None, acknowledgement=" ")
    assert "contrast" in refusal.value.message_dict["acknowledgement"][0]
    services.lock_study(study=study, user=None, acknowledgement="Known.")
    study.refresh_from_db()
    assert study.protocol["acknowledgement"] == "Known."


def test_lock_refuses_fewer_cases_than_asked(draft: Study) -> None:
    Case.objects.filter(study=draft).first().delete()
    with pytest.raises(ValidationError, match="12 cases are asked for, but only 11"):
        factories.lock(draft, None)
    assert not SealedNonce.objects.exists()


def test_every_step_only_in_its_turn(draft: Study) -> None:
    def refused(*steps: str) -> None:
        for step in steps:
            with pytest.raises(ValidationError), transaction.atomic():
                getattr(services, step)(study=draft, user=None)

    refused("open_study", "pause_study", "close_study", "unseal_study")
    factories.lock(draft, None)
    refused("lock_study", "pause_study", "close_study", "unseal_study", "discard_draft")
    services.open_study(study=draft, user=None)
    services.pause_study(study=draft, user=None)
    services.open_study(study=draft, user=None)
    refused("lock_study", "open_study", "unseal_study")
    services.close_study(study=draft, user=None)
    refused("open_study", "pause_study", "close_study")
    services.unseal_study(study=draft, user=None)
    refused("open_study", "close_study", "unseal_study")
    steps = ["built", "locked", "opened", "paused", "opened", "closed", "unsealed"]
    assert actions(draft) == [f"study.{step}" for step in steps]


def test_unsealing_publishes_a_key_that_opens_the_commitment(draft: Study) -> None:
    study = factories.lock(draft, None)
    services.open_study(study=study, user=None)
    services.close_study(study=study, user=None)
    study.refresh_from_db()
    assert study.revealed_key is None
    services.unseal_study(study=study, user=None)
    study.refresh_from_db()
    assert blinding.opens(study.key_commitment, study.revealed_key["key"], study.revealed_key["nonce"])
    assert sum(row["source"] == "real" for row in study.revealed_key["key"].values()) == 6


def test_key_that_was_tampered_with_is_not_unsealed(draft: Study) -> None:
    study = factories.lock(draft, None)
    services.open_study(study=study, user=None)
    services.close_study(study=study, user=None)
    row = CaseKey.objects.filter(case__study=study, source="real").first()
    item, case = row.item, row.case
    row.delete()
    CaseKey.objects.create(case=case, source="synthetic", item=item)
    with pytest.raises(ValidationError, match="not the one that was committed to"):
        services.unseal_study(study=study, user=None)
    study.refresh_from_db()
    assert study.state == "closed" and study.revealed_key is None
    assert actions(study)[-1] == "study.unseal_refused"


def test_key_and_locked_protocol_cannot_be_changed_in_the_database(draft: Study) -> None:
    factories.lock(draft, None)
    for change in (
        lambda: CaseKey.objects.update(source="real"),
        lambda: SealedNonce.objects.update(nonce="0"),
        lambda: Study.objects.update(settings={}),
    ):
        with pytest.raises((InternalError, ProgrammingError)), transaction.atomic():
            change()


def test_draft_can_be_discarded_and_its_image_sets_stay(draft: Study, coordinator: Any) -> None:
    services.discard_draft(study=draft, user=coordinator)
    assert not Study.objects.exists() and not Case.objects.exists()
    assert ImageSet.objects.count() == 2


def test_readers_get_orders_of_their_own_within_the_limits(workspace: Any) -> None:
    real = factories.image_set(workspace, "real", 20)
    synthetic = factories.image_set(workspace, "synthetic", 20, first_seed=1000)
    study = factories.lock(factories.build_draft(workspace, None, n=20, real_set=real, synthetic_set=synthetic), None)
    orders = []
    for number in range(2):
        invitation = services.invite_reader(study=study, user=None, label="Dr A", simulated=bool(number))
        rows = list(
            Presentation.objects.filter(reader=invitation.reader).values_list(
                "case__code", "case__key__source", "is_repeat", "repeat_of__case__code"
            )
        )
        assert [code for code, _, again, _ in rows if not again] != sorted({code for code, *_ in rows})
        assert longest_run([source for _, source, *_ in rows]) <= 4
        assert sum(again for _, _, again, _ in rows) == 6
        assert all((first == code) == again for code, _, again, first in rows)
        orders.append([code for code, *_ in rows])
    assert orders[0] != orders[1]
    assert list(Reader.objects.order_by("code").values_list("code", "simulated")) == [("R01", False), ("R02", True)]
    tokens = set(Presentation.objects.values_list("token", flat=True))
    assert len(tokens) == 92 and all(len(token) == 43 for token in tokens)


def test_invitations_only_between_lock_and_close(draft: Study) -> None:
    def refused() -> None:
        with pytest.raises(ValidationError, match="after the study is locked"):
            services.invite_reader(study=draft, user=None)

    refused()
    factories.lock(draft, None)
    services.invite_reader(study=draft, user=None)
    services.open_study(study=draft, user=None)
    services.close_study(study=draft, user=None)
    refused()
    with pytest.raises(ValidationError, match="1 to 365 days"):
        services.invite_reader(study=draft, user=None, days=0)


def test_nothing_is_stored_that_opens_a_link(draft: Study) -> None:
    factories.lock(draft, None)
    invitation = services.invite_reader(study=draft, user=None)
    assert len(invitation.secret) == 43
    row = type(invitation).objects.values().get(pk=invitation.pk)
    assert invitation.secret not in str(row) and len(row["token_hash"]) == 64
    with pytest.raises(ValueError, match="only when it is made"):
        _ = type(invitation).objects.get(pk=invitation.pk).path
    assert invitation.secret not in str(list(Event.objects.values()))


def test_frames_lie_in_storage_under_names_that_say_nothing(draft: Study) -> None:
    for case in Case.objects.filter(study=draft):
        assert case.frame.endswith(f"{case.frame_sha256}.raw") and default_storage.size(case.frame) == 48 * 48
