"""Small pieces of pages: times, hashes, numbers with intervals, bars, badges. docs/design-system.md shows them."""

import math
from collections.abc import Iterator
from datetime import datetime, timedelta
from typing import Any

from django import template
from django.core.paginator import Page
from django.forms import BoundField, CheckboxInput
from django.http import QueryDict
from django.templatetags.static import static
from django.utils import timezone
from django.utils.html import format_html
from django.utils.safestring import SafeString

from accounts import numerals
from accounts.places import Group, places_for

register = template.Library()

SHOWN_OF_A_HASH = 12

# State -> look of its badge. Runs first, then studies.
STATE_LOOKS = {
    "queued": "",
    "running": "info",
    "succeeded": "ok",
    "failed": "bad",
    "cancelled": "warn",
    "draft": "",
    "locked": "info",
    "open": "ok",
    "paused": "warn",
    "closed": "info",
    "unsealed": "ok",
}


@register.simple_tag(takes_context=True)
def navigation(context: template.Context) -> list[Group]:
    """The groups of places that the person of this request may go to."""
    request = context.get("request")
    return places_for(context.get("allowed_actions") or (), request.path if request else "")


@register.simple_tag
def icon(name: str) -> SafeString:
    """A drawing of static/img/icons.svg, hidden from screen readers: the word beside it speaks."""
    return format_html(
        '<svg class="icon" aria-hidden="true"><use href="{}#{}"></use></svg>', static("img/icons.svg"), name
    )


@register.filter
def short_hash(digest: str | None) -> SafeString | str:
    """The first characters of a hash, with a button that copies all of it."""
    if not digest:
        return numerals.MISSING
    return format_html(
        '<span class="hash"><code title="{}">{}</code>'
        '<button type="button" class="copy" data-copy="{}" aria-label="Copy the whole hash">{}</button></span>',
        digest,
        digest[:SHOWN_OF_A_HASH],
        digest,
        icon("copy"),
    )


@register.inclusion_tag("_secret.html")
def secret(value: str, label: str = "Copy") -> dict[str, str]:
    """A text that is shown once, with a button that copies it."""
    return {"value": value, "label": label}


@register.filter
def when(moment: datetime | None) -> SafeString | str:
    """How long ago (or ahead), with the exact time on hover."""
    if moment is None:
        return numerals.MISSING
    exact = timezone.localtime(moment)
    return format_html(
        '<time datetime="{}" title="{}">{}</time>',
        exact.isoformat(timespec="seconds"),
        exact.strftime("%-d %b %Y, %H:%M:%S %Z"),
        relative_text(moment, timezone.now()),
    )


def relative_text(moment: datetime, now: datetime) -> str:
    """`just now`, `5 min ago`, `in 3 days`; beyond 30 days the date."""
    span = now - moment
    if abs(span) >= timedelta(days=30):
        return timezone.localtime(moment).strftime("%-d %b %Y")
    seconds = abs(span).total_seconds()
    if seconds < 45:
        return "just now" if span >= timedelta(0) else "in a moment"
    words = _rounded(seconds)
    return f"{words} ago" if span >= timedelta(0) else f"in {words}"


def _rounded(seconds: float) -> str:
    minutes, hours, days = (max(1, int(seconds / size + 0.5)) for size in (60, 3_600, 86_400))
    if minutes < 60:
        return f"{minutes}\N{NO-BREAK SPACE}min"
    if hours < 24:
        return f"{hours}\N{NO-BREAK SPACE}h"
    return f"{days}\N{NO-BREAK SPACE}day{'s' if days > 1 else ''}"


@register.filter
def duration(span: timedelta | float | None) -> str:
    """A time span in its two largest units."""
    return numerals.duration_text(span)


@register.filter
def percent(share: float | None, decimals: int = 0) -> str:
    """A share from 0 to 1 as a percentage."""
    return numerals.percent_text(share, decimals)


@register.filter
def number(value: float | None, decimals: int | None = None) -> str:
    """A number with sensible digits."""
    return numerals.number_text(value, decimals)


@register.simple_tag
def interval(value: float | None, low: float | None = None, high: float | None = None) -> SafeString:
    """An estimate with its interval as text, digits chosen by the interval's width."""
    if low is None or high is None or not (math.isfinite(low) and math.isfinite(high)):
        return format_html('<span class="interval"><b>{}</b></span>', numerals.number_text(value))
    digits = numerals.decimals_for(low, high)
    return format_html(
        '<span class="interval"><b>{}</b> <span class="bounds">{} to {}</span></span>',
        numerals.number_text(value, digits),
        numerals.number_text(low, digits),
        numerals.number_text(high, digits),
    )


@register.simple_tag
def interval_bar(
    value: float | None,
    low: float | None,
    high: float | None,
    start: float = 0.0,
    end: float = 1.0,
    reference: float | None = None,
) -> SafeString:
    """The same interval drawn on an axis from `start` to `end`, with a dashed line at `reference`.

    What lies outside the axis is drawn at its end. Screen readers skip it: the text beside it says the same.
    """
    if value is None or not math.isfinite(value) or not end > start:
        return SafeString("")
    left = value if low is None or not math.isfinite(low) else low
    right = value if high is None or not math.isfinite(high) else high
    dashes = "" if reference is None else _line("reference", _place(reference, start, end), 2, 14)
    return format_html(
        '<svg class="interval-bar" viewBox="0 0 120 16" width="120" height="16" aria-hidden="true">'
        '<line class="axis" x1="4" x2="116" y1="8" y2="8"></line>{}'
        '<line class="range" x1="{}" x2="{}" y1="8" y2="8"></line>'
        '<circle class="value" cx="{}" cy="8" r="3.5"></circle></svg>',
        dashes,
        _place(left, start, end),
        _place(right, start, end),
        _place(value, start, end),
    )


def _place(value: float, start: float, end: float) -> str:
    share = min(max((value - start) / (end - start), 0.0), 1.0)
    return f"{4 + 112 * share:.1f}"


def _line(name: str, x: str, top: int, bottom: int) -> SafeString:
    return format_html('<line class="{}" x1="{}" x2="{}" y1="{}" y2="{}"></line>', name, x, x, top, bottom)


@register.simple_tag
def share_bar(share: float | None) -> SafeString:
    """A share from 0 to 1 as a small bar beside its number."""
    width = 0.0 if share is None or not math.isfinite(share) else 96 * min(max(share, 0.0), 1.0)
    return format_html(
        '<svg class="bar" viewBox="0 0 96 8" width="96" height="8" aria-hidden="true">'
        '<rect class="track" width="96" height="8" rx="4"></rect>'
        '<rect class="fill" width="{}" height="8" rx="4"></rect></svg>',
        f"{width:.1f}",
    )


@register.simple_tag
def bar(done: float, total: float, label: str = "Progress", look: str = "") -> SafeString:
    """How far something is; without a total, only that it is under way."""
    if not total:
        return format_html('<progress class="bar {}" aria-label="{}"></progress>', look, label)
    return format_html(
        '<progress class="bar {}" aria-label="{}" value="{}" max="{}"></progress>', look, label, min(done, total), total
    )


@register.filter
def run_bar(run: Any) -> SafeString:
    """The bar of a run: empty while queued, moving while it runs without a known total."""
    look = {"failed": "bad", "succeeded": "ok"}.get(run.state, "")
    total = run.total if run.total or run.state == "running" else 1
    return bar(run.done, total, f"{run.get_state_display()}: progress", look)


@register.filter
def state_badge(row: Any) -> SafeString:
    """The state of a run or a study as a badge: a word, a mark and a colour."""
    return format_html(
        '<span class="badge {}">{}</span>', STATE_LOOKS.get(row.state, ""), row.get_state_display().lower()
    )


@register.simple_tag(takes_context=True)
def sort_header(context: template.Context, key: str, title: str, css: str = "") -> SafeString:
    """A column head that sorts by `key`: `?sort=key`, and `?sort=-key` when it does already."""
    query: QueryDict = context["request"].GET.copy()
    now = query.get("sort", "")
    query["sort"] = f"-{key}" if now == key else key
    query.pop("page", None)
    order = {key: "ascending", f"-{key}": "descending"}.get(now)
    return format_html(
        '<th scope="col" class="{}"{}><a class="sort" href="?{}">{}</a></th>',
        css,
        format_html(' aria-sort="{}"', order) if order else "",
        query.urlencode(),
        title,
    )


@register.filter
def page_numbers(page: Page[Any]) -> Iterator[int | None]:
    """The page numbers to offer: the ends, the neighbours, and None for a gap."""
    for item in page.paginator.get_elided_page_range(page.number, on_each_side=1, on_ends=1):
        yield item if isinstance(item, int) else None


@register.filter
def is_checkbox(field: BoundField) -> bool:
    """Whether a field is one box to tick, whose label stands behind it."""
    return isinstance(field.field.widget, CheckboxInput)
