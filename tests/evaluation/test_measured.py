"""What was measured before is not measured again; what differs in anything is."""

import json
from collections.abc import Callable
from dataclasses import asdict, replace
from io import StringIO
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from django.core.management import call_command
from django.test import Client

from accounts.models import User, Workspace
from evaluation import measured
from evaluation.measured import forget_oldest, recall
from evaluation.measurement_key import Inputs, rows_digest, source_digest
from evaluation.metrics import METRICS, Comparison, Metric, MetricResult, Settings, measure, measure_subgroups
from evaluation.models import KeptMeasurement, ScoreCard, ScoringRun
from evaluation.parts import Part, family_parts, subgroup_parts
from evaluation.plain import finite
from evaluation.presentation import card_document
from evaluation.samples import Row, said_of
from evaluation.scoring import measure_run
from evaluation.services import run_scoring, start_scoring
from jobs.models import Cancelled

from .complete_samples import sides
from .conftest import MakeSet
from .test_scoring import score

QUICK = ("frechet_distance", "kernel_distance", "auroc")
INPUTS = Inputs(
    part="kid",
    metrics=("kernel_distance",),
    sets={"synthetic": "1" * 64, "reference": "2" * 64},
    networks=[{"fingerprint": "f" * 64, "space": "", "classes": ["Mass"], "thresholds": [0.5], "reads_text": False}],
    settings=Settings(),
    libraries={"numpy": "2.0"},
)
ROW = Row("i", "a" * 64, "file", "group", "a caption", ("Mass",), 50, "F", "PA", ("Edema",))  # type: ignore[arg-type]
CHANGED: dict[str, Any] = {
    "image": "j", "sha256": "b" * 64, "group": "other", "caption": "another", "findings": (), "age": None, "sex": "M",
    "view": "AP", "uncertain": (),
}  # fmt: skip


def numbers(card: ScoreCard) -> str:
    """The card's scores and neighbours as bytes, without the time of measuring."""
    document = card_document(card, list(card.scores.all()))
    return json.dumps([document["scores"], document["neighbours"]])


@pytest.mark.parametrize(
    "change",
    [
        {"part": "cmmd"},
        {"metrics": ("kernel_distance", "cmmd")},
        {"sets": {**INPUTS.sets, "training": "3" * 64}},
        {"sets": {**INPUTS.sets, "reference": "3" * 64}},
        {"networks": [{**INPUTS.networks[0], "fingerprint": "0" * 64}]},
        {"networks": [{**INPUTS.networks[0], "thresholds": [0.6]}]},
        {"networks": [*INPUTS.networks, *INPUTS.networks]},
        *(
            {"settings": Settings(**change)}
            for change in ({"seed": 1}, {"neighbours": 3}, {"operating_point": "youden"})
        ),
        {"libraries": {"numpy": "2.1"}},
        {"code": "changed"},
    ],
)
def test_whatever_differs_differs_in_the_key(change: dict[str, Any]) -> None:
    assert replace(INPUTS).key() == INPUTS.key() != replace(INPUTS, **change).key()


@pytest.mark.parametrize("name", CHANGED)
def test_whatever_is_said_of_an_image_counts(name: str) -> None:
    changed = replace(ROW, **{name: CHANGED[name]})
    digests = [rows_digest([said_of(row)]) for row in (ROW, replace(ROW, file="elsewhere"), changed)]
    assert digests[0] == digests[1] != digests[2]


def test_a_changed_line_of_code_counts(tmp_path: Path) -> None:
    file = tmp_path / "metric.py"
    file.write_text("a = 1\n")
    before = source_digest([file])
    file.write_text("a = 2\n")
    assert before != source_digest([file])


def test_parts_give_what_measuring_all_at_once_gives() -> None:
    synthetic, reference, training = sides()
    comparison = Comparison(synthetic, reference, training=training)
    names = ("frechet_distance", "precision", "vendi_score", "auroc", "seed_sensitivity", "copies", "image_text_score")
    spaces = ("", "second")
    asked = [name for name in names if name in METRICS]
    stages: list[str] = []
    found = [r for part in family_parts(asked, spaces) for r in part.make(comparison, stages.append)]
    together = measure(synthetic, reference, names=asked, training=training)
    order = list(METRICS)
    assert finite([asdict(r) for r in sorted(found, key=lambda r: order.index(r.metric))]) == finite(
        [asdict(r) for r in together]
    )
    assert len(stages) >= len(asked)
    by_sex = next(subgroup_parts(["kernel_distance"], ["sex"], spaces)).make(comparison, stages.append)
    assert by_sex == measure_subgroups(comparison, ["kernel_distance"], ["sex"])


def test_metrics_of_other_packages_are_always_measured(monkeypatch: pytest.MonkeyPatch) -> None:
    def family(comparison: Comparison) -> tuple[MetricResult, ...]:
        return ()

    entry = Metric("theirs", "Theirs", "fidelity", "lower", frozenset(), 1, "", family)
    monkeypatch.setitem(METRICS, "theirs", entry)
    kept = {part.metrics: part.is_ours for part in family_parts(["theirs", "kernel_distance"], [""])}
    assert kept == {("theirs",): False, ("kernel_distance",): True}
    assert not next(subgroup_parts(["theirs", "kernel_distance"], ["sex"], [""])).is_ours


@pytest.mark.django_db
def test_the_same_again_is_kept_and_says_so(phantom_set: MakeSet, researcher: User, client: Client) -> None:
    sets = phantom_set("made", 24, source="synthetic"), phantom_set("drawn", 30, 1000)
    first, second = (score(*sets, metrics=QUICK, subgroups=["finding"]).card for _ in range(2))
    assert numbers(first) == numbers(second) and KeptMeasurement.objects.count() == 5
    times = [set(card.scores.values_list("measured_at", flat=True)) for card in (first, second)]
    assert times[0] == times[1] and max(times[1]) < second.run.started_at
    client.force_login(researcher)
    count = second.scores.count()
    kept = f"{count} of {count} scores are kept from earlier runs"
    assert kept in client.get(second.get_absolute_url()).content.decode()
    assert "kept from earlier runs" not in client.get(first.get_absolute_url()).content.decode()
    assert kept in client.get(f"{second.get_absolute_url()}export/markdown").content.decode()


@pytest.mark.django_db
def test_only_what_is_new_is_measured(phantom_set: MakeSet) -> None:
    sets = phantom_set("made", 24, source="synthetic"), phantom_set("drawn", 30, 1000)
    first = score(*sets, metrics=QUICK[:1]).card
    more = score(*sets, metrics=QUICK, also=[("random-densenet", "7")]).card
    own = {(s.metric, s.space) for s in more.scores.all() if s.measured_at >= more.run.started_at}
    assert ("frechet_distance", "") not in own and {("kernel_distance", ""), ("auroc", "")} <= own
    assert {name for name, space in own if space} == {"frechet_distance", "kernel_distance"}
    kept, shown = (
        list(card.scores.filter(metric="frechet_distance", space="").values("value", "low")) for card in (first, more)
    )
    assert kept == shown
    seeded = score(*sets, metrics=QUICK[:1], seed=3).card
    assert all(one.measured_at >= seeded.run.started_at for one in seeded.scores.all())


@pytest.mark.django_db
def test_a_run_may_ask_for_everything_anew(phantom_set: MakeSet) -> None:
    sets = phantom_set("made", 24, source="synthetic"), phantom_set("drawn", 30, 1000)
    first = score(*sets, metrics=QUICK[:2]).card
    words = ("drawn", "made", "--metrics", ",".join(QUICK[:2]), "--extractor", "random-densenet")
    call_command("score", *words, "--anew", stdout=StringIO())
    again = ScoreCard.objects.latest("created_at")
    assert again.run.anew and all(one.measured_at >= again.run.started_at for one in again.scores.all())
    third = score(*sets, metrics=QUICK[:2]).card  # what was measured last is what is kept
    assert set(third.scores.values_list("measured_at")) == set(again.scores.values_list("measured_at"))
    fields = ("metric", "value", "low", "high")
    assert list(first.scores.values_list(*fields)) == list(again.scores.values_list(*fields))


@pytest.mark.django_db
def test_a_worker_that_dies_in_between_leaves_whole_parts(phantom_set: MakeSet) -> None:
    run = start_scoring(
        synthetic=phantom_set("made", 24, source="synthetic"), reference=phantom_set("drawn", 30, 1000),
        extractor="random-densenet", metrics=QUICK, user=None, queue=False,
    )  # fmt: skip
    titles: list[str] = []

    def die(title: str) -> None:
        titles.append(title)
        if title == METRICS["kernel_distance"].title:
            raise Cancelled

    other = score(run.synthetic, run.reference, metrics=["vendi_score"])  # looks at the images
    run.networks = other.networks
    with pytest.raises(Cancelled):
        measure_run(run, die)
    kept = KeptMeasurement.objects.get(text__contains='"frechet_distance"')
    assert len(titles) == 3 and not KeptMeasurement.objects.filter(text__contains='"kernel_distance"').exists()
    run_scoring(ScoringRun.objects.get(pk=run.pk))
    card = ScoreCard.objects.get(run=run)
    assert card.scores.get(metric="frechet_distance").measured_at == kept.measured_at
    assert card.scores.get(metric="kernel_distance").measured_at > kept.measured_at


@pytest.mark.django_db
def test_the_oldest_go_and_other_workspaces_know_nothing(
    workspace: Workspace, other_workspace: Workspace, monkeypatch: pytest.MonkeyPatch
) -> None:
    def counted(value: int) -> Callable[[], list[float]]:
        return lambda: [value / 7, float("nan")]

    for number in range(4):
        recall(workspace, str(number), counted(number))
    assert recall(workspace, "3", counted(9))[0] == [3 / 7, None]
    assert recall(other_workspace, "3", counted(9))[0] == [9 / 7, None]
    monkeypatch.setattr(measured, "MOST_KEPT", 2)
    forget_oldest(workspace)
    assert sorted(KeptMeasurement.objects.values_list("key", flat=True)) == ["2", "3", "3"]


def test_a_part_names_the_networks_that_it_depends_on() -> None:
    def of(name: str) -> list[Part]:
        return list(family_parts([name], ["", "second"]))

    assert [part.spaces for part in of("kernel_distance")] == [("",), ("", "second")]
    assert [part.spaces for part in of("auroc")] == [("",)]
    assert [part.needs_training for part in (*of("auroc"), *of("copies"))] == [False, True, True]
    assert np.all([part.is_ours for name in METRICS for part in of(name)])
