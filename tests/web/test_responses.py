"""How a page goes out: in an encoding that the browser takes, and in no other."""

from __future__ import annotations

import pytest

from commonhall.web.responses import best_encoding


@pytest.mark.parametrize(
    ("accepted", "encoding"),
    [
        ("gzip, deflate, br, zstd", "br"),
        ("GZIP;q=1.0, Br;q=0.5", "br"),
        ("gzip, br;q=0", "gzip"),
        ("gzip;q=0.000, br; q=0.0", None),
        ("brotli, gzipped", None),
        ("identity", None),
        ("", None),
        (" , ;q=0,gzip;q", "gzip"),
    ],
)
def test_an_encoding_is_used_only_where_the_browser_takes_it(accepted: str, encoding: str | None) -> None:
    assert best_encoding(accepted) == encoding
