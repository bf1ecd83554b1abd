"""What the lists of this app share: sorting by a column that is on the list, and pages."""

from typing import TypeVar

from django.core.paginator import Page, Paginator
from django.db.models import Model, QuerySet
from django.http import HttpRequest

PAGE_SIZE = 25
Row = TypeVar("Row", bound=Model)


def page_of(request: HttpRequest, rows: "QuerySet[Row]", sortable: tuple[str, ...]) -> "Page[Row]":
    """The page that the request asks for, sorted by ?sort=column or ?sort=-column where that is one of `sortable`."""
    sort = request.GET.get("sort", "")
    if sort.removeprefix("-") in sortable:
        rows = rows.order_by(sort, "pk")
    return Paginator(rows, PAGE_SIZE).get_page(request.GET.get("page"))
