"""Studies that also ask about findings: built, read, and brought to the analysis."""

import json
from typing import Any

import numpy as np
import pytest
from django.core.exceptions import ValidationError
from django.test import Client

from reader_study.analysis.findings.section import findings_section
from reader_study.models import Presentation, Study
from reader_study.questions import finding_question, finding_slug, question_for_browser
from reader_study.reads.findings import finding_columns
from reader_study.reads.rows import columns_of, rating_table, read_rows
from reader_study.services.lifecycle import form_of
from tests.reader_study import factories
from tests.reader_study.unsealed import unseal

SLUG = "finding_effusion"


@pytest.fixture
def client(member: Any) -> Client:
    """A coordinator's browser."""
    client = Client()
    client.force_login(member("coordinator"))
    return client


def test_names_become_slugs_questions_and_keys() -> None:
    assert finding_slug("Pleural Effusion") == "finding_pleural_effusion"
    assert finding_slug("  Lung/Opacity, old ") == "finding_lung_opacity_old"
    asked = finding_question("Nodule")
    told = question_for_browser(asked["slug"], asked["text"], "choice", list(asked["choices"]))
    assert told["keys"] == ["0", "1"] and told["slug"] == "finding_nodule"
    ten = [{"value": value, "label": str(value)} for value in range(10, 20)]
    assert question_for_browser("x", "?", "choice", ten)["keys"] == list("123456789")


def test_a_draft_asks_about_findings_as_the_sets_spell_them(workspace: Any) -> None:
    study = factories.build_draft(workspace, None, findings=["effusion ", "Nodule"], prepared=False)
    assert study.settings["findings"] == ["Effusion", "Nodule"]
    slugs = [question.slug for question in study.questions.all()]
    assert slugs == ["source_confidence", "realism", SLUG, "finding_nodule"]
    form = form_of(study)
    assert form["required"] == slugs
    assert form["questions"][2]["keys"] == ["0", "1"] and form["questions"][2]["text"] == "Effusion?"


@pytest.mark.parametrize(
    "findings, word",
    [
        (["Fracture"], "does not know Fracture. It knows: Effusion, No Finding, Nodule"),
        (["Effusion", "effusion"], "once"),
        (["No Finding"], "follows from the answers"),
        (["..."], "letters or digits"),
        ([f"Finding {number}" for number in range(13)], "at most 12"),
    ],
)
def test_what_cannot_be_asked_is_said_beside_the_field(workspace: Any, findings: list[str], word: str) -> None:
    with pytest.raises(ValidationError) as refusal:
        factories.build_draft(workspace, None, findings=findings, prepared=False)
    assert word in refusal.value.message_dict["findings"][0]
    assert not Study.objects.exists()


def test_sets_that_say_nothing_take_any_finding(workspace: Any) -> None:
    silent = {
        "real_set": factories.image_set(workspace, "real", 6, findings=()),
        "synthetic_set": factories.image_set(workspace, "synthetic", 6, first_seed=50, findings=()),
    }
    study = factories.build_draft(workspace, None, findings=["Fracture"], prepared=False, **silent)
    assert study.settings["findings"] == ["Fracture"]


def test_the_builder_keeps_what_was_typed(workspace: Any, client: Client) -> None:
    real, synthetic = (
        factories.image_set(workspace, side, 6, first_seed=seed) for side, seed in (("real", 0), ("synthetic", 90))
    )
    plan = {"title": "T", "reader_title": "R", "real_set": real.pk, "synthetic_set": synthetic.pk, "n_real": 4}
    plan |= {"n_synthetic": 4, "margin": 0.1, "repeats": 0, "instructions": "Look."}
    page = client.post("/studies/new/", {**plan, "findings": "Effusion, Fractur"})
    assert page.status_code == 400
    assert "does not know Fractur" in page.content.decode() and 'value="Effusion, Fractur"' in page.content.decode()
    assert client.post("/studies/new/", {**plan, "findings": "Effusion, Nodule"}).status_code == 302
    study = Study.objects.get()
    assert study.settings["findings"] == ["Effusion", "Nodule"]
    assert "Effusion?" in client.get(study.get_absolute_url()).content.decode()


def test_the_api_takes_findings(workspace: Any, client: Client) -> None:
    real, synthetic = (
        factories.image_set(workspace, side, 6, first_seed=seed) for side, seed in (("real", 0), ("synthetic", 90))
    )
    plan = {"title": "T", "real_set": str(real.pk), "synthetic_set": str(synthetic.pk), "n_real": 4, "n_synthetic": 4}
    response = client.post("/api/v1/studies/", json.dumps({**plan, "findings": ["Effusion"]}), "application/json")
    assert response.status_code == 201 and response.json()["settings"]["findings"] == ["Effusion"]
    response = client.post("/api/v1/studies/", json.dumps({**plan, "findings": ["Fracture"]}), "application/json")
    assert response.status_code == 400 and "findings" in json.dumps(response.json())


def test_answers_reach_the_analysis_with_right_and_wrong(workspace: Any) -> None:
    study = factories.build_open(workspace, None, n=6, findings=["Effusion"])
    for answer in (1, 0):
        browser, reader = factories.enter(study)
        for token in factories.tokens_of(reader):
            event = factories.event(token)
            event["answers"][SLUG] = answer
            assert factories.send(browser, study, event).status_code == 200
        assert Presentation.objects.filter(reader=reader).waiting().count() == 0
    event["answers"][SLUG] = 2
    event["key"] = "00000000-0000-4000-8000-000000000000"
    assert factories.send(browser, study, event).status_code == 400
    study = unseal(study, None)
    rows = list(read_rows(study))
    assert SLUG in [column.name for column in columns_of(study)]
    table = rating_table(rows)
    seen, right = table.column("seen:Effusion"), table.column("correct:Effusion")
    present = np.array(["Effusion" in str(row["findings"]).split("|") for row in rows])
    assert set(seen) == {0.0, 1.0}
    np.testing.assert_array_equal(right, (present == (seen == 1)).astype(float))
    found = findings_section(table, margin=0.1)
    assert [row.name for row in found.findings] == ["Effusion"]
    assert found.findings[0].seen_real.value == pytest.approx(0.5)


def test_open_and_unknown_findings_are_neither_right_nor_wrong() -> None:
    rows: list[dict[str, Any]] = [
        {SLUG: 1, "findings": "Effusion|Mass", "findings_open": None},
        {SLUG: 0, "findings": "No Finding", "findings_open": None},
        {SLUG: 1, "findings": "No Finding", "findings_open": "Effusion"},
        {SLUG: 1, "findings": None, "findings_open": None},
        {SLUG: None, "findings": "Effusion", "findings_open": None},
        {SLUG: 1, "findings": "Mass", "findings_open": None},
    ]
    columns = finding_columns(rows)
    assert set(columns) == {"seen:Effusion", "correct:Effusion"}
    nan = float("nan")
    np.testing.assert_array_equal(columns["correct:Effusion"], [1, 1, nan, nan, nan, 0])
    np.testing.assert_array_equal(columns["seen:Effusion"], [1, 0, 1, 1, nan, 1])
    assert finding_columns([{SLUG: None, "rating": 3}]) == {}
    assert set(finding_columns([{"finding_old_scar": 1}])) == {"seen:Old scar", "correct:Old scar"}
