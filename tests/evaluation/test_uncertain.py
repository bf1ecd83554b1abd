"""Labels that a collection leaves open reach the metrics as unknown."""

import numpy as np

from evaluation.metrics.findings import label_table
from evaluation.metrics.result import Sample
from evaluation.samples import rows_of
from images.services import ItemRow, create_image_set, store_image
from tests.images.makers import ramp


def test_findings_left_open_count_neither_way(workspace):
    rows = [
        ItemRow(store_image(workspace=workspace, pixels=ramp(seed=1)), "a", findings=["Mass"], uncertain=["Edema"]),
        ItemRow(store_image(workspace=workspace, pixels=ramp(seed=2)), "b", findings=["Edema"]),
    ]
    image_set = create_image_set(workspace=workspace, name="x", source="real", rows=rows)
    found = sorted(rows_of(image_set), key=lambda row: row.group)
    sample = Sample(
        features=np.zeros((2, 1)),
        groups=("a", "b"),
        findings=tuple(row.findings for row in found),
        uncertain=tuple(row.uncertain for row in found),
    )
    assert label_table(sample, ("Mass", "Edema")).tolist() == [[1, -1], [0, 1]]
