"""What a reader's browser asks for, and what it is given."""

import json
from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from reader_study import services
from reader_study.models import Presentation, Reader, Reading, Study
from tests.reader_study import factories

pytestmark = pytest.mark.django_db

BOOKKEEPING = ("SAVEPOINT", "RELEASE", "BEGIN", "COMMIT", "ROLLBACK")


@pytest.fixture
def study(workspace: Any, coordinator: Any) -> Study:
    return factories.build_open(workspace, coordinator)


@pytest.fixture
def reading(study: Study) -> tuple[Client, Reader]:
    return factories.enter(study)


def session(client: Client, study: Study) -> dict[str, Any]:
    response = client.get(f"/read/{study.token}/session")
    assert response.status_code == 200
    return response.json()


def frame(client: Client, study: Study, token: str) -> Any:
    return client.get(f"/read/{study.token}/frames/{token}")


def test_link_enrols_once_and_signs_the_same_reader_in_again(study: Study) -> None:
    invitation = services.invite_reader(study=study, user=None)
    for client in (Client(), Client()):
        response = client.get(invitation.path)
        assert (response.status_code, response["Location"]) == (302, f"/read/{study.token}/")
    reader = Reader.objects.get(pk=invitation.reader_id)
    assert reader.user is not None and reader.enrolled_at
    assert Reader.objects.filter(study=study).count() == 1
    assert list(reader.user.memberships.values_list("role", flat=True)) == ["reader"]
    assert not reader.user.has_usable_password()


def test_consent_comes_before_the_first_case(study: Study) -> None:
    invitation = services.invite_reader(study=study, user=None)
    client = Client()
    client.get(invitation.path)
    assert b'name="consent"' in client.get(f"/read/{study.token}/").content
    assert client.get(f"/read/{study.token}/session").status_code == 403
    refused = client.post(f"/read/{study.token}/consent/", {})
    assert refused.status_code == 400 and b"Tick the box" in refused.content
    client.post(f"/read/{study.token}/consent/", {"consent": "on"})
    assert b'id="reading"' in client.get(f"/read/{study.token}/").content
    reader = Reader.objects.get(pk=invitation.reader_id)
    assert reader.consented_at and len(reader.consent_hash) == 64


def test_session_has_these_members_and_no_other(study: Study, reading: tuple[Client, Reader]) -> None:
    client, reader = reading
    told = session(client, study)
    assert set(told) == {
        *("reader", "state", "total", "answered", "frame", "window", "questions", "current", "next", "previous"),
    }
    assert told["frame"] == {"width": 48, "height": 48, "bits": 8}
    assert told["window"] == {"center": 128, "width": 256}
    assert (told["reader"], told["state"], told["answered"], told["previous"]) == ("R01", "open", 0, [])
    assert told["total"] == 12 + 2
    assert [set(question) for question in told["questions"]] == [{"slug", "text", "kind", "choices", "keys"}] * 2
    assert told["questions"][0]["keys"] == ["1", "2", "3", "4", "5", "6"]
    tokens = factories.tokens_of(reader)
    assert told["current"] == {"token": tokens[0], "position": 0}
    assert told["next"] == tokens[1:3]


def test_frames_are_raw_of_constant_size_and_never_cached(study: Study, reading: tuple[Client, Reader]) -> None:
    client, reader = reading
    seen = set()
    for token in factories.tokens_of(reader)[:3]:
        response = frame(client, study, token)
        assert response.status_code == 200 and len(response.content) == 48 * 48
        seen.add((response.content, *sorted((k, v) for k, v in response.items() if k != "Set-Cookie")))
        assert response["Content-Type"] == "application/octet-stream"
        assert response["Content-Length"] == "2304"
        assert response["Cache-Control"] == "private, no-store, no-transform"
        assert response["Content-Encoding"] == "identity"
        assert not response.has_header("ETag") and not response.has_header("Last-Modified")
    assert len(seen) == 3 and len({headers[1:] for headers in seen}) == 1


def test_only_the_previous_the_current_and_two_more_are_served(study: Study, reading: tuple[Client, Reader]) -> None:
    client, reader = reading
    tokens = factories.tokens_of(reader)
    for token in tokens[:4]:
        assert factories.send(client, study, factories.event(token)).status_code == 200
    statuses = [frame(client, study, token).status_code for token in tokens]
    assert statuses == [404] * 3 + [200] * 4 + [404] * (len(tokens) - 7)
    assert session(client, study)["previous"] == [{"token": tokens[3], "position": 3}]


def test_whole_answer_advances_and_a_partial_one_does_not(study: Study, reading: tuple[Client, Reader]) -> None:
    client, reader = reading
    tokens = factories.tokens_of(reader)
    first = factories.send(client, study, factories.event(tokens[0], realism=None)).json()
    assert first["session"]["current"]["token"] == tokens[0]
    second = factories.send(client, study, factories.event(tokens[0], source=None)).json()
    assert second["session"]["current"]["token"] == tokens[1] and second["session"]["answered"] == 1
    last = Reading.objects.counting().get()
    assert last.answers == {"source_confidence": 2, "realism": 4} and last.revision == 2
    assert (last.active_ms, last.total_ms, last.first_paint_ms) == (1500, 1700, 12)
    assert last.events == {"window": {"center": 128, "width": 256}, "tools": {"invert": 1}}


def test_answer_sent_twice_is_stored_once_and_answered_alike(study: Study, reading: tuple[Client, Reader]) -> None:
    client, reader = reading
    event = factories.event(factories.tokens_of(reader)[0])
    first, again = (factories.send(client, study, event, event) for _ in range(2))
    assert first.json() == again.json() and first.json()["stored"] == [event["key"]]
    assert Reading.objects.count() == 1


def test_old_answer_delivered_again_does_not_undo_a_newer_one(study: Study, reading: tuple[Client, Reader]) -> None:
    client, reader = reading
    token = factories.tokens_of(reader)[0]
    old, new = factories.event(token, source=1), factories.event(token, source=6)
    factories.send(client, study, old)
    factories.send(client, study, new)
    partial = factories.event(token, source=None, realism=1)
    factories.send(client, study, old, partial)
    assert Reading.objects.counting().get().answers == {"source_confidence": 6, "realism": 1}


def test_two_tabs_with_different_answers_are_two_revisions(study: Study, reading: tuple[Client, Reader]) -> None:
    client, reader = reading
    token = factories.tokens_of(reader)[0]
    factories.send(client, study, factories.event(token, source=1))
    factories.send(client, study, factories.event(token, source=6))
    assert list(Reading.objects.values_list("revision", "late")) == [(1, False), (2, False)]
    assert Reading.objects.counting().get().answers["source_confidence"] == 6


def test_tab_left_behind_is_kept_but_never_counts(study: Study, reading: tuple[Client, Reader]) -> None:
    client, reader = reading
    tokens = factories.tokens_of(reader)
    for token in tokens[:4]:
        factories.send(client, study, factories.event(token, source=1))
    assert factories.send(client, study, factories.event(tokens[0], source=6)).status_code == 200
    assert Reading.objects.filter(late=True).get().answers["source_confidence"] == 6
    counting = Reading.objects.counting().filter(presentation__token=tokens[0]).get()
    assert counting.answers["source_confidence"] == 1


def test_cases_read_without_network_arrive_together(study: Study, reading: tuple[Client, Reader]) -> None:
    client, reader = reading
    tokens = factories.tokens_of(reader)
    response = factories.send(client, study, *(factories.event(token) for token in tokens[:3]))
    assert response.status_code == 200
    assert response.json()["session"]["current"]["token"] == tokens[3]


def test_answers_out_of_turn_leave_the_first_open_case_current(study: Study, reading: tuple[Client, Reader]) -> None:
    client, reader = reading
    tokens = factories.tokens_of(reader)
    told = factories.send(client, study, factories.event(tokens[1])).json()["session"]
    assert told["current"]["token"] == tokens[0] and told["next"] == tokens[2:4]
    told = factories.send(client, study, factories.event(tokens[0])).json()["session"]
    assert told["current"]["token"] == tokens[2]


@pytest.mark.parametrize("place", [5, 12])
def test_case_that_was_never_offered_is_refused_whole(study: Study, reading: tuple[Client, Reader], place: int) -> None:
    client, reader = reading
    tokens = factories.tokens_of(reader)
    wrong = factories.event(tokens[place])
    response = factories.send(client, study, factories.event(tokens[0]), wrong)
    assert response.status_code == 404 and response["Content-Type"] == "application/problem+json"
    assert response.json()["refused"] == [wrong["key"]]
    assert not Reading.objects.exists()


def test_case_of_another_reader_is_refused(study: Study, reading: tuple[Client, Reader]) -> None:
    client, _ = reading
    _, other = factories.enter(study)
    token = factories.tokens_of(other)[0]
    assert factories.send(client, study, factories.event(token)).status_code == 404
    assert frame(client, study, token).status_code == 404
    assert not Reading.objects.exists()


def test_reader_of_another_study_sees_nothing_of_this_one(workspace: Any, coordinator: Any, study: Study) -> None:
    sets = {"real_set": study.real_set, "synthetic_set": study.synthetic_set}
    other = factories.build_open(workspace, coordinator, **sets)
    client, _ = factories.enter(other)
    page = client.get(f"/read/{study.token}/")
    assert page.status_code == 404 and b"link" in page.content
    assert client.get(f"/read/{study.token}/session").status_code == 404


@pytest.mark.parametrize(
    "change",
    [
        {"answers": {}},
        {"answers": {"source_confidence": 7}},
        {"answers": {"source_confidence": "2"}},
        {"answers": {"source_confidence": True}},
        {"answers": {"unknown": 1}},
        {"answers": [1]},
        {"key": "no-uuid"},
        {"key": 7},
        {"token": None},
        {"active_ms": -1},
        {"total_ms": "soon"},
        {"first_paint_ms": 1e300},
        {"tools": {"a": "x" * 5000}},
    ],
)
def test_malformed_answer_is_refused_with_a_word(
    study: Study, reading: tuple[Client, Reader], change: dict[str, Any]
) -> None:
    client, reader = reading
    token = factories.tokens_of(reader)[0]
    response = factories.send(client, study, {**factories.event(token), **change})
    assert response.status_code == 400 and response.json()["detail"]
    assert not Reading.objects.exists()


@pytest.mark.parametrize("body", [b"", b"{", b"[]", b'{"events": []}', b'{"events": {}}', b'{"events": [3]}', b"\xff"])
def test_malformed_delivery_is_refused(study: Study, reading: tuple[Client, Reader], body: bytes) -> None:
    client, _ = reading
    response = client.post(f"/read/{study.token}/answers", body, content_type="application/json")
    assert response.status_code == 400


def test_more_than_twenty_answers_at_once_are_refused(study: Study, reading: tuple[Client, Reader]) -> None:
    client, reader = reading
    token = factories.tokens_of(reader)[0]
    assert factories.send(client, study, *(factories.event(token) for _ in range(21))).status_code == 400


def test_reading_to_the_end(study: Study, reading: tuple[Client, Reader]) -> None:
    client, reader = reading
    assert factories.read_all(client, study) == 14
    told = session(client, study)
    assert told["current"] is None and told["next"] == [] and told["answered"] == 14
    assert told["previous"][0]["position"] == 13
    assert b"You have read every case" in client.get(f"/read/{study.token}/").content
    progress = study.readers_with_progress().get()
    assert (progress.answered, progress.total) == (14, 14)


@pytest.mark.parametrize("step, state, word", [("pause", "paused", "paused"), ("close", "closed", "closed")])
def test_nothing_is_served_or_taken_unless_the_study_is_open(
    study: Study, reading: tuple[Client, Reader], step: str, state: str, word: str
) -> None:
    client, reader = reading
    token = factories.tokens_of(reader)[0]
    getattr(services, f"{step}_study")(study=study, user=None)
    told = session(client, study)
    assert told["state"] == state and told["current"] is None and told["next"] == []
    assert frame(client, study, token).status_code == 404
    response = factories.send(client, study, factories.event(token))
    assert response.status_code == 409 and word in response.json()["detail"]
    assert not Reading.objects.exists()
    assert f"The study is {word}".encode() in client.get(f"/read/{study.token}/").content


def test_readers_are_not_told_of_the_unsealing(study: Study, reading: tuple[Client, Reader]) -> None:
    client, _ = reading
    services.close_study(study=study, user=None)
    before = client.get(f"/read/{study.token}/session").content, client.get(f"/read/{study.token}/").content
    services.unseal_study(study=study, user=None)
    assert before == (client.get(f"/read/{study.token}/session").content, client.get(f"/read/{study.token}/").content)


def test_anonymous_visitors_learn_nothing(study: Study) -> None:
    for token in (study.token, "nothing"):
        page = Client().get(f"/read/{token}/")
        assert page.status_code == 403
        assert Client().get(f"/read/{token}/session").json()["detail"] == "Open your personal link again."
    assert Client().get(f"/read/{study.token}/").content == Client().get("/read/nothing/").content


def queries(client: Client, call: Any) -> list[str]:
    with CaptureQueriesContext(
        connection,
    ) as captured:
        assert call().status_code == 200
    return [query["sql"] for query in captured if not query["sql"].startswith(BOOKKEEPING)]


def all_queries(client: Client, study: Study, reader: Reader) -> dict[str, list[str]]:
    tokens = factories.tokens_of(reader)
    address = f"/read/{study.token}/"
    return {
        "page": queries(client, lambda: client.get(address)),
        "session": queries(client, lambda: client.get(address + "session")),
        "frame": queries(client, lambda: client.get(address + f"frames/{tokens[0]}")),
        "answers": queries(
            client, lambda: factories.send(client, study, *(factories.event(token) for token in tokens[:3]))
        ),
    }


def test_at_most_six_queries_a_request_whatever_the_size(workspace: Any, coordinator: Any) -> None:
    counts = []
    for number, cases in enumerate((3, 30)):
        sets = {
            "real_set": factories.image_set(workspace, "real", cases, first_seed=5000 * number),
            "synthetic_set": factories.image_set(workspace, "synthetic", cases, first_seed=5000 * number + 2500),
        }
        study = factories.build_open(workspace, coordinator, n=cases, **sets)
        client, reader = factories.enter(study)
        counts.append({name: len(made) for name, made in all_queries(client, study, reader).items()})
    assert counts[0] == counts[1]
    assert max(counts[0].values()) <= 6, counts[0]


def test_no_query_for_a_reader_touches_the_key_or_the_pictures_origin(
    study: Study, reading: tuple[Client, Reader]
) -> None:
    client, reader = reading
    made = all_queries(client, study, reader)
    text = json.dumps(made)
    for table in ("casekey", "sealednonce", "images_image", "generation_", "blinding_report", '"protocol"'):
        assert table not in text


def test_database_itself_refuses_to_change_answers_and_design(study: Study, reading: tuple[Client, Reader]) -> None:
    from django.db import transaction
    from django.db.utils import InternalError, ProgrammingError

    client, reader = reading
    factories.send(client, study, factories.event(factories.tokens_of(reader)[0]))
    changes = [
        lambda: Reading.objects.update(answers={}),
        lambda: Reading.objects.all().delete(),
        lambda: Presentation.objects.update(position=0),
        lambda: Study.objects.update(settings={}),
        lambda: Study.objects.update(protocol_hash="0"),
    ]
    for change in changes:
        with pytest.raises((InternalError, ProgrammingError)), transaction.atomic():
            change()
