"""How realistic images look: distributions, and the chance that a real one is rated above a synthetic one."""

import json

import numpy as np
import pytest

from reader_study.analysis import RatingTable, plain
from reader_study.analysis.realism import on_scale, realism_section
from tests.reader_study.analysis.tables import turing_test

LEVELS = (1.0, 2.0, 3.0, 4.0, 5.0)


def test_superiority_over_all_images_and_over_each_generator() -> None:
    found = realism_section(turing_test(), LEVELS)
    assert [row.source for row in found.sources] == ["real", "genA", "genB"]
    assert found.sources[0].n == 240 and sum(found.sources[0].counts) == 240
    assert found.superiority is not None and found.superiority.method == "or_rrrc"
    assert found.superiority.estimate > 0.5 and found.superiority.p_value < 0.05
    assert [row.source for row in found.generators] == ["genA", "genB"]
    tests = [row.test for row in found.generators]
    assert all(test is not None for test in tests)
    # As many images of either generator: the whole is the mean of the two.
    assert np.mean([test.estimate for test in tests if test]) == pytest.approx(found.superiority.estimate)
    json.dumps(plain(found), allow_nan=False)


def test_an_answer_off_the_scale_is_no_rating() -> None:
    table = turing_test()
    strange = table.column("realism").copy()
    strange[:5] = 9
    marked = RatingTable(
        **{**{name: getattr(table, name) for name in table.__dataclass_fields__}, "extra": {"realism": strange}}
    )
    assert int(np.isnan(on_scale(marked, "realism", LEVELS).column("realism")).sum()) == 5
    assert on_scale(marked, "realism", ()).column("realism")[0] == 9
    assert sum(row.n for row in realism_section(marked, LEVELS).sources) == 595


def test_where_there_is_nothing_to_compare() -> None:
    real = RatingTable.build(reader=["a", "a"], case=["1", "2"], truth=[0, 0], extra={"realism": [3, 4]})
    found = realism_section(real, LEVELS)
    assert found.superiority is None and "Only real" in found.reason and found.generators == ()
    assert found.sources[0].median == 3.5
    unasked = RatingTable.build(reader=["a"], case=["1"], truth=[0], rating=[2])
    assert realism_section(unasked, LEVELS).reason == "Realism was not asked."
    silent = RatingTable.build(reader=["a", "a"], case=["1", "2"], truth=[0, 1], extra={"realism": [np.nan, np.nan]})
    assert realism_section(silent, LEVELS).superiority is None
