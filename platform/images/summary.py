"""What is in an image set, counted by the database."""

from collections.abc import Iterable
from dataclasses import dataclass

from django.db.models import CharField, Count, F, Func, QuerySet

from images.models import ImageSet, ImageSetItem

NOT_STATED = "not stated"
_SEXES = {"F": "female", "M": "male", "": NOT_STATED}


@dataclass(frozen=True)
class Tally:
    """How many images have a property, and which share of the set that is."""

    label: str
    count: int
    share: float


@dataclass(frozen=True)
class Summary:
    """An image set in numbers. An image with two findings counts under both, so findings may add up to more than 1."""

    findings: list[Tally]
    ages: list[Tally]
    sexes: list[Tally]
    views: list[Tally]
    sizes: list[Tally]
    groups: int

    @property
    def tables(self) -> list[tuple[str, list[Tally]]]:
        """The short tables, by their heading; those that would say nothing but "not stated" are left out."""
        tables = [("Age", self.ages), ("Sex", self.sexes), ("View", self.views)]
        return [(title, rows) for title, rows in tables if [row.label for row in rows] != [NOT_STATED]]

    @property
    def knows_findings(self) -> bool:
        """Whether any image has its findings stated."""
        return any(row.label != NOT_STATED for row in self.findings)


def summary_of(image_set: ImageSet) -> Summary:
    """Count an image set; six queries whatever its size."""
    items = ImageSetItem.objects.filter(image_set=image_set).order_by()
    total = max(image_set.count, 1)
    sizes = items.values_list("image__width", "image__height", "image__bits").annotate(n=Count("id")).order_by("-n")
    return Summary(
        findings=_tallies(_findings(items), total),
        ages=_tallies(_ages(items), total),
        sexes=_tallies(((_SEXES.get(sex, sex), n) for sex, n in _counts(items, "sex")), total),
        views=_tallies(((view or NOT_STATED, n) for view, n in _counts(items, "view")), total),
        sizes=_tallies(((f"{width} x {height}, {bits} bit", n) for width, height, bits, n in sizes[:5]), total),
        groups=items.values("group").distinct().count(),
    )


def _counts(items: QuerySet[ImageSetItem], field: str) -> Iterable[tuple[str, int]]:
    return items.values_list(field).annotate(n=Count("id")).order_by("-n", field)


def _findings(items: QuerySet[ImageSetItem]) -> list[tuple[str, int]]:
    each = Func(F("findings"), function="unnest", output_field=CharField())
    rows = items.annotate(finding=each).values_list("finding").annotate(n=Count("id")).order_by("-n", "finding")
    silent = items.filter(findings=[]).count()
    return [*rows, *([(NOT_STATED, silent)] if silent else [])]


def _ages(items: QuerySet[ImageSetItem]) -> list[tuple[str, int]]:
    rows = items.annotate(decade=F("age") / 10).values_list("decade").annotate(n=Count("id")).order_by("decade")
    return [(NOT_STATED if decade is None else f"{decade * 10}–{decade * 10 + 9}", n) for decade, n in rows]


def _tallies(rows: Iterable[tuple[str, int]], total: int) -> list[Tally]:
    return [Tally(label, count, count / total) for label, count in rows]
