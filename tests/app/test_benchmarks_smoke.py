"""The benchmarks' journey scripts read pages as a browser would; nothing is timed here."""

from benchmarks.micro.first_page import style_sheets
from benchmarks.peers import commonhall, django, limit
from benchmarks.steps import Script, encode, form_target, hidden_inputs, path_of

PAGE = b"""<!DOCTYPE html><html><head>
<link href="/assets/site-1a2b.css" rel="stylesheet"><link rel="icon" href="/icon.svg">
</head><body>
<form action="/search" method="get"><input type="hidden" name="lang" value="en"></form>
<form method="post" action="contact?step=2&amp;of=4" novalidate>
<input type="hidden" name="token" value="a&amp;b=c">
<input name='page' value='contact' type='hidden'>
<input type="text" name="email" value="kept@example.org">
</form></body></html>"""


def test_a_form_sends_the_hidden_inputs_and_what_the_person_gives() -> None:
    hidden = hidden_inputs(PAGE)
    assert ("token", "a&b=c") in hidden
    assert ("page", "contact") in hidden
    assert all(name != "email" for name, _ in hidden)
    body = encode([("email", "sam{n}@example.org")], hidden[1:], 7)
    assert body == b"token=a%26b%3Dc&page=contact&email=sam7%40example.org"


def test_a_form_goes_where_its_action_says_or_else_to_its_own_page() -> None:
    assert form_target(PAGE, "/missed-bin/name") == "/missed-bin/contact?step=2&of=4"
    assert form_target(b'<form method="post">', "/missed-bin/name") == "/missed-bin/name"
    assert form_target(b"<p>no form</p>", "/missed-bin") == "/missed-bin"


def test_a_redirect_is_followed_as_a_path() -> None:
    assert path_of("http://solihull.localhost:8000/a/b?c=d", "/x") == "/a/b?c=d"
    assert path_of("next", "/a/here") == "/a/next"


def test_only_style_sheets_are_needed_to_read_a_page() -> None:
    assert style_sheets(PAGE, "/missed-bin") == ["/assets/site-1a2b.css"]


def test_every_peer_walks_the_same_number_of_requests() -> None:
    scripts = [peer.journey() for peer in (commonhall, django, limit)]
    assert [len(script.steps) for script in scripts] == [13, 13, 13]
    assert all(Script.from_json(script.to_json()) == script for script in scripts)
