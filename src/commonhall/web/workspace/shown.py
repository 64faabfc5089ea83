"""A resident's page shown to staff: under a band that says what it is, its form leading only where the workspace says."""

from __future__ import annotations

from collections.abc import Mapping

from markupsafe import Markup

_SKIP = b'class="govuk-skip-link"'
_FORM = b'<form method="post" action="'


def shown(body: bytes, band: Markup, to: str, hidden: Mapping[str, str] | None = None) -> bytes:
    """The page under the band. Its form goes to `to` with the `hidden` fields; without them it only leads there.

    A page that is shown must never begin or change a journey.
    """
    words = Markup(
        '<div class="ch-preview" role="region" aria-label="Preview"><div class="govuk-width-container"><p>{}</p></div></div>'
    )
    # After the link that skips to the page: what is skipped includes the band.
    before, skip, page = body.partition(_SKIP)
    link, end, page = page.partition(b"</a>")
    before += skip + link + end + words.format(band).encode()
    start, main, rest = page.partition(b"<main")
    head, opening, tail = rest.partition(_FORM)
    if not opening:
        return before + page
    _, quote, after = tail.partition(b'"')
    action = str(Markup("{}").format(to)).encode()
    if hidden is None:
        return before + start + main + head + b'<form method="get" action="' + action + quote + after
    tag, close, inside = after.partition(b">")
    field = Markup('<input type="hidden" name="{}" value="{}">')
    boxes = "".join(field.format(name, value) for name, value in hidden.items()).encode()
    return before + start + main + head + opening + action + quote + tag + close + boxes + inside
