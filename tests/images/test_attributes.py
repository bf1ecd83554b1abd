import pytest

from images.attributes import Attributes, attributes_from_text, parse_age, parse_findings, parse_sex


@pytest.mark.parametrize(
    ("text", "years"),
    [
        ("58", 58), ("58.0", 58), ("058Y", 58), ("018M", 1), ("011M", 0), ("060W", 1), ("012D", 0), ("000Y", 0),
        (" 7y ", 7), ("120", 120), ("121", None), ("411", None), ("", None), ("old", None), ("-3", None),
        ("nan", None), ("5 8", None), ("58Z", None),
    ],
)  # fmt: skip
def test_ages(text, years):
    assert parse_age(text) == years


@pytest.mark.parametrize(
    ("text", "sex"), [("F", "F"), ("female", "F"), ("M", "M"), (" Male", "M"), ("O", ""), ("", "")]
)
def test_sexes(text, sex):
    assert parse_sex(text) == sex


@pytest.mark.parametrize(
    ("text", "findings"),
    [
        ("", ()),
        ("No Finding", ("No Finding",)),
        ("Effusion|Mass", ("Effusion", "Mass")),
        (" Effusion ; Mass|Effusion| ", ("Effusion", "Mass")),
    ],
)
def test_findings(text, findings):
    assert parse_findings(text) == findings


def test_what_is_not_understood_is_left_empty_and_named():
    found = attributes_from_text(age="411", sex="x", view="pa", caption="One\nline\x00only.")
    assert found == Attributes(
        view="PA",
        caption="One line only.",
        notes=("age not understood, left empty", "sex not understood, left empty"),
    )


@pytest.mark.parametrize("cells", [{"caption": "x" * 10_001}, {"findings": "a|" + "b" * 101}, {"patient": "p" * 201}])
def test_cells_that_are_too_long_are_refused(cells):
    with pytest.raises(ValueError, match="the limit is"):
        attributes_from_text(**cells)
