"""Cells of the results' tables as markup."""

from django import template
from django.utils.html import format_html
from django.utils.safestring import SafeString

from accounts.templatetags.ui import interval_bar
from reader_study.presentation import Cell

register = template.Library()


@register.simple_tag
def cell_text(cell: Cell) -> SafeString:
    """A number with its interval, a badge, a bar, or plain text; with a note beneath."""
    if cell.bar is not None:
        bar = cell.bar
        return interval_bar(bar.value, bar.low, bar.high, bar.start, bar.end, bar.reference)
    return format_html("{}{}", _body(cell), _note(cell))


def _body(cell: Cell) -> SafeString | str:
    if cell.badge:
        return format_html('<span class="badge {}">{}</span>', cell.badge, cell.text)
    if cell.bounds:
        return format_html(
            '<span class="interval"><b>{}</b> <span class="bounds">{}</span></span>', cell.text, cell.bounds
        )
    return format_html('<span class="muted">{}</span>', cell.text) if cell.muted and cell.text else cell.text


def _note(cell: Cell) -> SafeString:
    return format_html('<br><span class="note">{}</span>', cell.note) if cell.note else SafeString("")
