"""Numbers of a reader study in a page."""

from typing import Any

from django import template
from django.utils.html import format_html
from django.utils.safestring import SafeString

from accounts import numerals
from accounts.templatetags.ui import interval_bar
from reader_study.analysis.methods import METHODS

register = template.Library()


@register.filter
def p_value(value: float | None) -> str:
    """A p-value as journals print it: three decimals, "< 0.001" below."""
    if value is None:
        return numerals.MISSING
    return "< 0.001" if value < 0.001 else f"{value:.3f}"


@register.filter
def share(estimate: Any) -> SafeString | str:
    """A proportion (Estimate, or SingleArm) in percent with its interval; the reason where there is none."""
    return _shown(estimate, 100.0, 1, "\N{NO-BREAK SPACE}%")


@register.filter
def coefficient(estimate: Any) -> SafeString | str:
    """An area or a coefficient with its interval, two decimals; the reason where there is none."""
    return _shown(estimate, 1.0, 2, "")


@register.simple_tag
def estimate_bar(estimate: Any, start: float = 0.0, end: float = 1.0, reference: float | None = None) -> SafeString:
    """The estimate and its interval, if it has one, on an axis from `start` to `end`."""
    value = _value(estimate)
    low, high = (estimate.interval.low, estimate.interval.high) if estimate.interval else (None, None)
    return interval_bar(value, low, high, start, end, reference)


@register.filter
def method_title(name: str) -> str:
    """The printed name of a method."""
    return METHODS[name].title if name in METHODS else name


def _value(estimate: Any) -> float | None:
    """Of an Estimate or of a SingleArm."""
    value: float | None = estimate.value if hasattr(estimate, "value") else estimate.estimate
    return value


def _shown(estimate: Any, factor: float, decimals: int, unit: str) -> SafeString | str:
    value = _value(estimate)
    if value is None:
        reason = " ".join(getattr(estimate, "warnings", ()))
        return format_html('<span class="muted" title="{}">not estimable</span>', reason)
    text = f"{numerals.number_text(factor * value, decimals)}{unit}"
    if estimate.interval is None:
        return format_html('<span class="interval"><b>{}</b></span>', text)
    low, high = (
        numerals.number_text(factor * end, decimals) for end in (estimate.interval.low, estimate.interval.high)
    )
    return format_html('<span class="interval"><b>{}</b> <span class="bounds">{} to {}</span></span>', text, low, high)
