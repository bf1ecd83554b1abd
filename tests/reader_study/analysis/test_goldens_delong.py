"""Single-reader AUC on the aSAH data: numbers of pROC 1.18.0."""

import json
from pathlib import Path

import numpy as np
import pytest

from reader_study.analysis.mrmc.auc import auc
from reader_study.analysis.mrmc.covariance import delong
from reader_study.analysis.mrmc.placement import Components, placements
from tests.reader_study.analysis.tables import rows

pytestmark = pytest.mark.real_data


@pytest.fixture(scope="module")
def folder(shared_data: Path) -> Path:
    return shared_data / "reference-statistics"


def test_areas_intervals_and_paired_covariance(folder: Path) -> None:
    golden = json.loads((folder / "proc_asah_expected.json").read_text())["results"]
    patients = rows(folder / "asah.csv")
    poor = np.array([patient["outcome"] == "Poor" for patient in patients])
    parts = {}
    for marker in ("s100b", "wfns", "ndka"):
        values = np.array([float(patient[marker]) for patient in patients])
        found = auc(values[poor], values[~poor])
        assert found.value == pytest.approx(golden[marker]["auc"], rel=1e-9)
        assert found.standard_error is not None and found.interval is not None
        assert found.standard_error**2 == pytest.approx(golden[marker]["var_delong"], rel=1e-9)
        low, _, high = golden[marker]["ci_delong"]
        assert (found.interval.low, found.interval.high) == pytest.approx((low, high), rel=1e-9)
        parts[marker] = placements(values[poor], values[~poor])
    for other in ("wfns", "ndka"):
        pair = [parts["s100b"], parts[other]]
        components = Components(*(np.stack([np.asarray(part[index]) for part in pair]) for index in range(3)))
        assert delong(components)[0, 1] == pytest.approx(golden[f"cov_s100b_{other}_delong"], rel=1e-9)
