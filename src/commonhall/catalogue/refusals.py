"""Why a catalogue, or something in it, is not taken."""

from __future__ import annotations


class CatalogueRefused(Exception):  # noqa: N818
    """A catalogue cannot be made, changed or believed. The message says in a sentence what is wrong and what to do.

    Whatever is refused changes nothing: what was published or pulled before stays as it is.
    """
