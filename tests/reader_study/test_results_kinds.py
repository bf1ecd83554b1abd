"""Studies of every kind have a page, figures and a report, whatever their data lack."""

import io
from collections.abc import Callable

import pytest
from django.test import Client
from pytest_django import DjangoAssertNumQueries

from accounts.models import User, Workspace
from reader_study import services
from reader_study.figures import FIGURES
from reader_study.models import AnalysisRun, Study
from reader_study.presentation.comparisons import comparison_sentences
from reader_study.report import to_pages, to_pdf
from reader_study.results.record import Record
from reader_study.services.importing import columns_of_file, import_readings
from tests.reader_study.unsealed import read_study, unseal

pytestmark = pytest.mark.django_db


def imported(workspace: Workspace, rows: list[str], header: str = "reader,case,truth,rating") -> Study:
    """An analysed study of CSV `rows`."""
    file = io.BytesIO("\n".join([header, *rows]).encode())
    study = import_readings(workspace=workspace, user=None, file=file, title="Kinds", columns=columns_of_file(file, {}))
    for run in AnalysisRun.objects.filter(study=study):
        services.run_analysis(run)
    return study


def plain_rows(readers: int = 3, cases: int = 8, rate: Callable[[int, int], int] | None = None) -> list[str]:
    """Half the cases synthetic; by default readers are often right."""
    rate = rate or (lambda reader, case: 1 + (case * 5 + reader * 3) % 4 + 2 * (case % 2))
    return [f"r{j},c{i},{i % 2},{rate(j, i)}" for j in range(readers) for i in range(cases)]


def opened(client: Client, user: User, study: Study) -> str:
    """The page's text, after every figure of it and the report were opened."""
    client.force_login(user)
    address = f"/studies/{study.pk}/results/"
    page = client.get(address)
    assert page.status_code == 200
    text = page.content.decode()
    assert "style=" not in text and "<script>" not in text
    names = [name for name in FIGURES if f"figures/{name}.svg" in text]
    assert "readers" in names
    for name in names:
        for kind in ("svg", "png", "csv"):
            assert client.get(f"{address}figures/{name}.{kind}").status_code == 200
    assert client.get(f"{address}report.pdf").content.startswith(b"%PDF")
    return text


def test_one_reader(client: Client, workspace: Workspace, coordinator: User) -> None:
    text = opened(client, coordinator, imported(workspace, plain_rows(1)))
    assert "the interval covers other cases, not other readers" in text


def test_constant_ratings(client: Client, workspace: Workspace, coordinator: User) -> None:
    text = opened(client, coordinator, imported(workspace, plain_rows(rate=lambda *_: 3)))
    assert "inconclusive" in text and "not estimable" in text


def test_perfect_readers(client: Client, workspace: Workspace, coordinator: User) -> None:
    text = opened(client, coordinator, imported(workspace, plain_rows(rate=lambda _, case: 1 + 5 * (case % 2))))
    assert "Exact bound under perfect separation" in text


def test_imported_without_pictures_places_times_or_realism(
    client: Client, workspace: Workspace, coordinator: User
) -> None:
    text = opened(client, coordinator, imported(workspace, plain_rows()))
    for absent in (
        "Realism",
        "Time a case",
        "Blinding check",
        "Findings",
        "Order: learning and fatigue",
        "Arms compared",
        "Generators compared",
    ):
        assert f"<h2>{absent}</h2>" not in text
    assert "nothing was locked here before they were read" in text
    assert "imported readings" in text and "both fixed at the lock" not in text
    assert "fixed before reading" not in text


def test_missing_reads_are_deviations(client: Client, workspace: Workspace, coordinator: User) -> None:
    rows = [row for row in plain_rows() if not row.startswith("r2,c7")]
    text = opened(client, coordinator, imported(workspace, [*rows[:-1], rows[-1].rpartition(",")[0] + ","]))
    assert "1 of 24 reads that a full crossing" in text
    assert "1 first reading came without a rating" in text
    assert "this design called for the U-statistic instead" in text


def test_arms_are_compared(client: Client, workspace: Workspace, coordinator: User) -> None:
    plain = plain_rows(4, 12)
    aided = plain_rows(4, 12, lambda reader, case: 1 + (case * 7 + reader * 5) % 5 + case % 2)
    rows = [*(f"{row},plain" for row in plain), *(f"{row},aided" for row in aided)]
    text = opened(client, coordinator, imported(workspace, rows, "reader,case,truth,rating,arm"))
    assert "figures/arms.svg" in text and "aided \N{MINUS SIGN} plain" in text
    assert "<option>aided</option>" in text
    assert "These reads hold several arms" in text and '<th scope="row">Sensitivity</th>' not in text


def test_generators_and_findings_are_compared(client: Client, workspace: Workspace, coordinator: User) -> None:
    header = "reader,case,truth,rating,source,finding_effusion,truth_effusion"
    rows = []
    for number, row in enumerate(plain_rows(3, 16)):
        case, truth = int(row.split(",")[1][1:]), row.split(",")[2]
        source = "real" if truth == "0" else ("A" if case % 4 == 1 else "B")
        rows.append(f"{row},{source},{int(number % 5 > 1)},{int(case % 3 > 0)}")
    file = io.BytesIO("\n".join([header, *rows]).encode())
    columns = columns_of_file(file, {"known finding effusion": "truth_effusion"})
    study = import_readings(workspace=workspace, user=None, file=file, title="Both", columns=columns)
    services.run_analysis(AnalysisRun.objects.get(study=study))
    text = opened(client, coordinator, study)
    assert "figures/generators.svg" in text and "figures/findings.svg" in text
    assert "<h2>Findings</h2>" in text and "<h2>Generators compared</h2>" in text


def test_a_study_that_was_read_here(
    client: Client, workspace: Workspace, coordinator: User, django_assert_max_num_queries: DjangoAssertNumQueries
) -> None:
    study = unseal(read_study(workspace, coordinator, simulated=1), coordinator)
    text = opened(client, coordinator, study)
    assert "Blinding check" in text and "were made by a program, not by a person" in text
    order = [text.index(f'id="{slug}"') for slug in
             ("endpoints", "readers", "calls", "realism", "agreement", "times", "order", "models", "blinding",
              "evidence", "methods", "deviations", "provenance")]  # fmt: skip
    assert order == sorted(order)
    with django_assert_max_num_queries(18):
        client.get(f"/studies/{study.pk}/results/")
    run = AnalysisRun.objects.get(study=study)
    drawings = {name: run.read(f"figures/{name}.svg") for name in run.document["figures"]}
    assert to_pdf(run.document, drawings) == run.read("report.pdf")
    assert to_pages(run.document, drawings)[0].startswith(b"\x89PNG")
    answer = client.get(f"/api/v1/studies/{study.pk}/report/")
    assert answer["Content-Type"] == "application/pdf" and answer.content.startswith(b"%PDF")


def test_narrowed_results_say_so(client: Client, workspace: Workspace, coordinator: User) -> None:
    rows = [f"{row},{'junior' if row.startswith('r0') else 'senior'}" for row in plain_rows()]
    study = imported(workspace, rows, "reader,case,truth,rating,group")
    run = services.request_analysis(study=study, selection={"group": "senior"})
    services.run_analysis(run)
    client.force_login(coordinator)
    address = f"/studies/{study.pk}/results/"
    text = client.get(f"{address}?group=senior").content.decode()
    assert "Narrowed to reader group senior" in text and f'href="{address}">Back to all reads' in text
    assert "<option selected>senior</option>" in text
    assert "figures/readers.svg?group=senior" in text and "report.pdf?group=senior" in text
    assert client.get(f"{address}report.pdf?group=senior").content != client.get(f"{address}report.pdf").content
    assert client.get(f"{address}report.pdf?group=nobody").status_code == 404


@pytest.mark.parametrize(
    "holm, sentence",
    [
        ((0.4, 0.03), "Images of C were easier to tell from real ones than those of B: AUC higher by 4.0 points"),
        ((0.4, 0.3), "No difference in AUC between generators was shown: A against B, AUC higher by 9.0 points"),
    ],
)
def test_a_shown_difference_is_quoted_before_a_larger_one(holm: tuple[float, float], sentence: str) -> None:
    differences = [
        {"first": first, "second": second, "estimate": value, "interval": None, "p_value": p, "p_holm": p}
        for (first, second, value), p in zip((("A", "B", 0.09), ("B", "C", -0.04)), holm, strict=True)
    ]
    nothing = {"comparison": None}
    document = Record(
        analysis={
            "settings": {"alpha": 0.05},
            "arms": {"balanced_accuracy": None, "auc": None},
            "generators": {
                "balanced_accuracy": nothing,
                "auc": {"comparison": {"name": "AUC", "differences": differences}},
            },
        }
    )
    assert comparison_sentences(document)[0].startswith(sentence)
