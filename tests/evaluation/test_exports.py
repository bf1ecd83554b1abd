"""Files of a score card: every one parses, and says what the card says."""

import csv
import io
import json

import pytest
import yaml
from django.test import Client
from django.urls import reverse

from accounts.models import User
from evaluation.cells import safe_cell
from evaluation.exports import EXPORTS
from evaluation.exports.report import to_pages
from evaluation.models import ScoreCard
from evaluation.presentation import RECORD_FIELDS
from evaluation.services.reports import make_report, request_report

from .card_maker import full_results, store
from .conftest import MakeSet

pytestmark = pytest.mark.django_db


@pytest.fixture
def card(phantom_set: MakeSet) -> ScoreCard:
    return store(phantom_set("=made", 3, source="synthetic"), phantom_set("drawn", 3, 1000), full_results(3))


def exported(card: ScoreCard, name: str) -> bytes:
    return EXPORTS[name].make(card, list(card.scores.all()))


def test_csv_has_a_line_a_score_with_space_and_subgroup(card: ScoreCard) -> None:
    lines = list(csv.DictReader(io.StringIO(exported(card, "csv").decode())))
    assert len(lines) == card.scores.count() and tuple(lines[0]) == RECORD_FIELDS
    assert {line["space"] for line in lines} == {"", "rad-dino"}
    assert "sex=F" in {line["subgroup"] for line in lines}
    gap = next(line for line in lines if line["subgroup"] == "sex: largest gap")
    assert (float(gap["value"]), float(gap["low"])) == (0.1, -0.1)  # negative numbers stay numbers


@pytest.mark.parametrize("text", ["=1+1", "+1", "-cmd", "@SUM(A1)", "\tx"])
def test_text_that_a_spreadsheet_would_run_is_made_safe(text: str) -> None:
    assert safe_cell(text) == "'" + text


def test_numbers_and_other_text_stay_as_they_are() -> None:
    assert [safe_cell(cell) for cell in (-1.5, 0, "Effusion", None)] == [-1.5, 0, "Effusion", ""]


def test_json_holds_the_whole_card(card: ScoreCard) -> None:
    document = json.loads(exported(card, "json"))
    assert document["phantoms"] is True and len(document["scores"]) == card.scores.count()
    assert {"space", "subgroup", "extra", "baseline"} <= document["scores"][0].keys()
    assert document["provenance"] == card.provenance


def test_markdown_is_a_table_with_equal_columns(card: ScoreCard) -> None:
    text = exported(card, "markdown").decode()
    rows = [line for line in text.splitlines() if line.startswith("|")]
    assert {row.count("|") for row in rows} == {6}
    assert any("Fréchet distance (rad-dino) ↓" in row and "6.0 (5.0 to 7.0)" in row for row in rows)
    assert any(row.startswith("| Effusion |") for row in rows)
    assert "say nothing about radiographs of people" in text


def test_model_index_is_what_the_hub_reads(card: ScoreCard) -> None:
    from huggingface_hub import ModelCard

    text = exported(card, "model-index").decode()
    data = ModelCard(f"---\n{text}---\n# A model\n").data
    results = data.eval_results
    assert results and data.model_name == "=made"
    assert len(results) == card.scores.exclude(value=None).count()
    first = results[0]
    assert (first.metric_type, first.metric_value, first.dataset_name) == ("frechet_distance", 6.0, "drawn")
    assert first.metric_args["low"] == 5.0 and first.dataset_revision == card.reference.digest
    assert yaml.safe_load(text)["model-index"][0]["results"][0]["dataset"]["args"]["phantoms"] is True


def test_pdf_has_pages_and_is_the_same_each_time(card: ScoreCard) -> None:
    made = exported(card, "pdf")
    assert made.startswith(b"%PDF") and b"/Page" in made and made == exported(card, "pdf")
    pictures = to_pages(card, list(card.scores.all()))
    assert len(pictures) >= 2 and all(picture.startswith(b"\x89PNG") for picture in pictures)


def test_a_card_without_numbers_exports_too(phantom_set: MakeSet) -> None:
    empty = store(phantom_set("a", 2, source="synthetic"), phantom_set("b", 2, 1000), ())
    assert all(exported(empty, name) for name in EXPORTS)


def test_files_come_with_a_name_and_unknown_ones_do_not_come(card: ScoreCard, researcher: User, client: Client) -> None:
    client.force_login(researcher)
    make_report(request_report(card=card, scores=list(card.scores.all()), user=researcher))
    for name, export in EXPORTS.items():
        answer = client.get(reverse("evaluation:score_card_export", args=[card.pk, name]))
        assert answer["Content-Type"] == export.content_type
        assert answer["Content-Disposition"].endswith(f'.{export.extension}"')
    assert client.get(reverse("evaluation:score_card_export", args=[card.pk, "docx"])).status_code == 404


def test_the_api_sends_every_format_and_problems_as_documents(
    card: ScoreCard, researcher: User, stranger: User, client: Client
) -> None:
    address = f"/api/v1/score-cards/{card.pk}/export/"
    client.force_login(researcher)
    assert json.loads(client.get(address).content)["id"] == str(card.pk)
    for name, export in EXPORTS.items():
        answer = client.get(address, {"format": name})
        assert answer.status_code == 200 and answer["Content-Type"].startswith(export.content_type.partition(";")[0])
        assert answer.content == exported(ScoreCard.objects.get(pk=card.pk), name)
    client.force_login(stranger)
    refused = client.get(address, {"format": "pdf"})
    assert refused.status_code == 404 and refused["Content-Type"] == "application/problem+json"
    assert json.loads(refused.content)["status"] == 404
