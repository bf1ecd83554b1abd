"""The pages and the API of those who run studies."""

from typing import Any

import pytest
from django.test import Client
from django.urls import reverse

from accounts.models import User
from reader_study import services
from reader_study.models import Invitation, Presentation, Reading, Study
from tests.reader_study import factories

pytestmark = pytest.mark.django_db


def signed_in(user: User) -> Client:
    client = Client()
    client.force_login(user)
    return client


@pytest.fixture
def client(coordinator: User) -> Client:
    return signed_in(coordinator)


def plan(workspace: Any, **changes: Any) -> dict[str, Any]:
    real = factories.image_set(workspace, "real", 6)
    synthetic = factories.image_set(workspace, "synthetic", 6, first_seed=100)
    fields = {
        "title": "Can they tell?",
        "reader_title": "Chest films",
        "real_set": real.pk,
        "synthetic_set": synthetic.pk,
    }
    fields |= {"n_real": 5, "n_synthetic": 4, "match": "on", "margin": 0.1, "repeats": 0.15, "instructions": "Look."}
    return {**fields, **changes}


def test_empty_list_says_what_to_do(client: Client) -> None:
    page = client.get("/studies/").content.decode()
    assert "No studies yet" in page and reverse("reader_study:study_new") in page


def test_list_searches_filters_and_sorts(workspace: Any, client: Client) -> None:
    first = factories.build_draft(workspace, None, n=3, title="Pneumothorax only")
    sets = {"real_set": first.real_set, "synthetic_set": first.synthetic_set}
    factories.build_open(workspace, None, n=3, title="All findings", **sets)
    for query, found, absent in (
        ("q=pneumo", "Pneumothorax only", "All findings"),
        ("state=open", "All findings", "Pneumothorax only"),
    ):
        page = client.get(f"/studies/?{query}").content.decode()
        assert found in page and absent not in page
    page = client.get("/studies/?sort=title").content.decode()
    assert page.index("All findings") < page.index("Pneumothorax only")
    assert "No study fits" in client.get("/studies/?q=nothing").content.decode()


def test_builder_makes_a_draft(workspace: Any, client: Client) -> None:
    response = client.post("/studies/new/", plan(workspace))
    study = Study.objects.get()
    assert response.status_code == 302 and response["Location"] == study.get_absolute_url()
    assert (study.settings["n_real"], study.settings["n_synthetic"], study.reader_title) == (5, 4, "Chest films")
    assert [question.slug for question in study.questions.all()] == ["source_confidence", "realism"]
    assert "Preparing the cases" in client.get(study.get_absolute_url()).content.decode()


def test_builder_puts_errors_beside_fields_and_keeps_what_was_typed(workspace: Any, client: Client) -> None:
    response = client.post("/studies/new/", plan(workspace, n_real=50, margin=0.7, title="Typed with care"))
    page = response.content.decode()
    assert response.status_code == 400 and "Typed with care" in page
    assert "between 0.01 and 0.49" in page
    response = client.post("/studies/new/", plan(workspace, n_real=50, margin=0.1))
    assert "has only 6" in response.content.decode()
    assert not Study.objects.exists()


def test_study_page_leads_from_draft_to_unsealed(workspace: Any, client: Client) -> None:
    study = factories.build_draft(workspace, None)
    address = study.get_absolute_url()
    page = client.get(address).content.decode()
    assert "Blinding report" in page and "cannot be undone" in page
    for step, word in (
        ("lock/", "The protocol is fixed"),
        ("open/", "readers can read now"),
        ("pause/", "Paused."),
        ("open/", "readers can read now"),
        ("close/", "the key is still sealed"),
        ("unseal/", "The key matches its commitment"),
    ):
        page = client.post(address + step, {"acknowledgement": "Random pictures."}, follow=True).content.decode()
        assert word in page, step
    study.refresh_from_db()
    assert study.state == "unsealed" and study.protocol_hash[:12] in page


def test_step_out_of_turn_is_explained_on_the_page(workspace: Any, client: Client) -> None:
    study = factories.build_draft(workspace, None)
    response = client.post(study.get_absolute_url() + "unseal/")
    assert response.status_code == 409 and "The study is draft" in response.content.decode()


def test_suspicious_report_asks_for_a_reason_beside_the_field(workspace: Any, client: Client) -> None:
    study = factories.build_draft(workspace, None)
    row = {"feature": "contrast", "title": "Contrast", "auc": 0.99, "p": 0.001}
    Study.objects.filter(pk=study.pk).update(blinding_report={**study.blinding_report, "rows": [row]})
    response = client.post(study.get_absolute_url() + "lock/", {"acknowledgement": ""})
    assert response.status_code == 409 and "Say why you lock the study" in response.content.decode()


def test_link_is_shown_once(workspace: Any, client: Client) -> None:
    study = factories.lock(factories.build_draft(workspace, None), None)
    address = study.get_absolute_url()
    page = client.post(address + "invitations/", {"label": "Dr A", "days": 30}).content.decode()
    path = page.split("http://testserver", 1)[1].split("<", 1)[0].split('"', 1)[0]
    assert path.startswith("/r/") and Client().get(path).status_code == 302
    assert path not in client.get(address).content.decode()
    invitation = Invitation.objects.get()
    client.post(address + f"invitations/{invitation.pk}/revocation/")
    assert Client().get(path).status_code == 410
    page = client.post(address + f"readers/{invitation.reader_id}/link/").content.decode()
    assert "http://testserver/r/" in page
    bad = client.post(address + "invitations/", {"label": "Dr B", "days": 999})
    assert bad.status_code == 400 and "Dr B" in bad.content.decode()


def test_progress_shows_counts_and_nothing_of_the_answers(workspace: Any, client: Client) -> None:
    study = factories.build_open(workspace, None)
    browser, reader = factories.enter(study, simulated=True)
    factories.send(browser, study, factories.event(factories.tokens_of(reader)[0], source=6))
    page = client.get(study.get_absolute_url() + "progress/").content.decode()
    assert "1 of 14" in page and "simulated" in page and "R01" in page
    assert "synthetic" not in page and "accuracy" not in page


def test_no_page_before_unsealing_shows_the_key(workspace: Any, client: Client) -> None:
    study = factories.build_open(workspace, None)
    codes = [f"C{number:03d}" for number in range(1, 13)]
    pages = [client.get(study.get_absolute_url() + path) for path in ("", "progress/", "preview/", "results/")]
    assert not any(code in page.content.decode() for page in pages for code in codes)
    assert pages[-1].status_code == 404


def test_protocol_file_has_the_protocol_hash(workspace: Any, client: Client) -> None:
    import hashlib

    study = factories.build_draft(workspace, None)
    assert client.get(study.get_absolute_url() + "protocol.json").status_code == 404
    factories.lock(study, None)
    body = client.get(study.get_absolute_url() + "protocol.json").content
    assert hashlib.sha256(body).hexdigest() == study.protocol_hash


def test_preview_is_the_reading_room_and_keeps_nothing(workspace: Any, client: Client) -> None:
    study = factories.build_draft(workspace, None)
    address = study.get_absolute_url() + "preview/"
    page = client.get(address).content.decode()
    assert 'id="reading"' in page and "preview, nothing is kept" in page
    for number in range(8):
        told = client.get(address + "session").json()
        assert told["answered"] == number and told["total"] == 8
        token = told["current"]["token"]
        assert len(client.get(address + f"frames/{token}").content) == 48 * 48
        sent = {"events": [factories.event(token)]}
        assert client.post(address + "answers", sent, content_type="application/json").status_code == 200
    assert client.get(address + "session").json()["current"] is None
    assert "This was a preview" in client.get(address).content.decode()
    assert client.get(address + "frames/nothing").status_code == 404
    assert not Reading.objects.exists() and not Presentation.objects.exists()


def test_discarding_a_draft(workspace: Any, client: Client) -> None:
    study = factories.build_draft(workspace, None)
    assert client.post(study.get_absolute_url() + "discard/").status_code == 302
    assert not Study.objects.exists()


def test_api_takes_a_study_from_plan_to_key(workspace: Any, client: Client) -> None:
    fields = plan(workspace)
    body = {name: fields[name] for name in ("title", "n_real", "n_synthetic")}
    body |= {name: str(fields[name]) for name in ("real_set", "synthetic_set")}
    made = client.post("/api/v1/studies/", body, content_type="application/json")
    assert made.status_code == 201, made.content
    study = Study.objects.get(pk=made.json()["id"])
    services.run_rendition(study.rendition)
    address = f"/api/v1/studies/{study.pk}/"

    def step(name: str, **body: Any) -> Any:
        return client.post(address + name + "/", body, content_type="application/json")

    assert step("open").status_code == 400 and "cannot become open" in step("open").json()["detail"]
    assert step("lock", acknowledgement="Random.").json()["state"] == "locked"
    invited = step("invitations", label="Dr A")
    assert invited.status_code == 201 and "/r/" in invited.json()["link"]
    assert step("open").json()["state"] == "open"
    progress = client.get(address + "progress/").json()
    assert [(row["code"], row["answered"]) for row in progress] == [("R01", 0)]
    assert client.get(address + "protocol/").json()["version"] == 1
    assert client.delete(address).status_code == 400
    assert step("close").json()["revealed_key"] is None
    assert len(step("unseal").json()["revealed_key"]["key"]) == 9
    listed = client.get("/api/v1/studies/").json()
    assert listed["count"] == 1


def test_api_refuses_an_impossible_plan_by_field(workspace: Any, client: Client) -> None:
    fields = plan(workspace)
    body = {"title": "T", "n_real": 40, "n_synthetic": 4}
    body |= {name: str(fields[name]) for name in ("real_set", "synthetic_set")}
    response = client.post("/api/v1/studies/", body, content_type="application/json")
    assert response.status_code == 400 and response["Content-Type"] == "application/problem+json"
    assert "has only 6" in response.json()["errors"]["n_real"][0]
    assert not Study.objects.exists()
