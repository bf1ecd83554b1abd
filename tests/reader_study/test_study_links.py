"""Personal links: what they open, and what they say when they do not."""

from datetime import timedelta
from typing import Any

import pytest
from django.test import Client
from django.utils import timezone

from accounts.models import User
from audit.models import Event
from reader_study import services
from reader_study.models import Invitation, Reader, Study
from tests.reader_study import factories

pytestmark = pytest.mark.django_db


@pytest.fixture
def study(workspace: Any, coordinator: Any) -> Study:
    return factories.build_open(workspace, coordinator, n=3)


def nobody_came(study: Study) -> bool:
    return not Reader.objects.filter(study=study, user__isnull=False).exists()


def test_unknown_link_is_a_clear_404(study: Study) -> None:
    response = Client().get("/r/not-a-secret/")
    assert response.status_code == 404 and b"This link does not open a study" in response.content


def test_revoked_link_is_gone_and_enrols_nobody(study: Study) -> None:
    invitation = services.invite_reader(study=study, user=None)
    services.revoke_invitation(invitation=invitation, user=None)
    response = Client().get(invitation.path)
    assert response.status_code == 410 and b"withdrawn" in response.content
    assert nobody_came(study)


def test_expired_link_is_gone_and_enrols_nobody(study: Study) -> None:
    invitation = services.invite_reader(study=study, user=None)
    Invitation.objects.update(expires_at=timezone.now() - timedelta(seconds=1))
    response = Client().get(invitation.path)
    assert response.status_code == 410 and b"expired" in response.content
    assert nobody_came(study)


def test_renewed_link_opens_the_same_reader_and_the_old_one_nothing(study: Study) -> None:
    old = services.invite_reader(study=study, user=None)
    Client().get(old.path)
    new = services.renew_invitation(reader=old.reader, user=None)
    assert Client().get(old.path).status_code == 410
    assert Client().get(new.path).status_code == 302
    assert Reader.objects.filter(study=study).count() == 1


def test_refused_link_is_not_written_to_the_log(study: Study, caplog: Any) -> None:
    Client().get("/r/a-secret-that-is-nobodys/")
    invitation = services.invite_reader(study=study, user=None)
    services.revoke_invitation(invitation=invitation, user=None)
    Client().get(invitation.path)
    assert "a-secret" not in caplog.text and invitation.secret not in caplog.text


def test_coordinator_who_tries_a_link_is_asked_first(study: Study, coordinator: User) -> None:
    invitation = services.invite_reader(study=study, user=coordinator)
    client = Client()
    client.force_login(coordinator)
    response = client.get(invitation.path)
    assert response.status_code == 200 and b"another person" in response.content
    assert nobody_came(study) and client.session["_auth_user_id"] == str(coordinator.pk)
    assert client.post(invitation.path).status_code == 302
    assert client.session["_auth_user_id"] != str(coordinator.pk)


@pytest.mark.parametrize("method", ["head", "options", "put", "delete"])
def test_link_answers_to_get_and_post_only(study: Study, method: str) -> None:
    invitation = services.invite_reader(study=study, user=None)
    assert getattr(Client(), method)(invitation.path).status_code == 405
    assert nobody_came(study)


def test_inviting_enrolling_consenting_and_revoking_are_on_record(study: Study, coordinator: User) -> None:
    factories.enter(study, user=coordinator)
    services.revoke_invitation(invitation=Invitation.objects.get(), user=coordinator)
    made = list(Event.objects.filter(action__startswith="reader.").order_by("id").values_list("action", flat=True))
    assert made == ["reader.invited", "reader.enrolled", "reader.consented", "reader.link_revoked"]


def test_link_before_the_opening_says_so(workspace: Any) -> None:
    study = factories.lock(factories.build_draft(workspace, None, n=3), None)
    client = Client()
    response = client.get(services.invite_reader(study=study, user=None).path, follow=True)
    assert response.status_code == 200 and b"not open yet" in response.content
