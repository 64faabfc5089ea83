"""Failing twins of back offices that speak SOAP: what they share, and a plain one."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from importlib import resources
from types import MappingProxyType
from typing import Any

import httpx2
from lxml import etree
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from commonhall.connectors.conformance import Subject
from commonhall.connectors.faults import ANSWERS, HTTP, SAID, Book, Fault, Faulty, Script, Told, Wrong
from commonhall.connectors.http import Patience
from commonhall.connectors.soap.connector import SoapConnector, SoapSecrets, SoapSettings
from commonhall.connectors.soap.place import in_xml

ENVELOPE = "http://schemas.xmlsoap.org/soap/envelope/"
SECURITY = "http://docs.oasis-open.org/wss/2004/01/oasis-200401-wss-wssecurity-secext-1.0.xsd"
Answers = Mapping[str, Callable[[dict[str, Any]], dict[str, Any]]]
"""By operation: from what was said, as data, to what is answered. Raises `SaysNo`."""


class SaysNo(Exception):  # noqa: N818
    """A SOAP fault: whose it is, and the words."""

    def __init__(self, words: str, code: str = "Client") -> None:
        super().__init__(words)
        self.code = code


def fault_xml(words: str, code: str) -> bytes:
    """A fault as SOAP 1.1 has it."""
    return (
        f'<e:Envelope xmlns:e="{ENVELOPE}"><e:Body><e:Fault><faultcode>e:{code}</faultcode>'
        f"<faultstring>{words}</faultstring></e:Fault></e:Body></e:Envelope>"
    ).encode()


_XML = ((b"content-type", b"text/xml; charset=utf-8"),)
OF_SOAP: Mapping[Fault, Wrong] = MappingProxyType(
    {
        **ANSWERS,
        Fault.BROKEN: Wrong(500, fault_xml("an error of its own", "Server"), _XML),
        Fault.REFUSED: Wrong(500, fault_xml(SAID, "Client"), _XML),
        Fault.UNPROCESSABLE: Wrong(500, fault_xml(SAID, "Client"), _XML),
        Fault.HALF: Wrong(200, f'<e:Envelope xmlns:e="{ENVELOPE}"><e:Body><Numb'.encode(), _XML),
        Fault.HUGE: Wrong(200, b"<a>" + b" " * len(ANSWERS[Fault.HUGE].body) + b"</a>", _XML),
    }
)
PLAYS: Mapping[Fault, str] = MappingProxyType(
    {
        **HTTP,
        Fault.BROKEN: "answers with a fault of the server's",
        Fault.REFUSED: "answers with a fault of the client's",
        Fault.UNPROCESSABLE: "answers with a fault of the client's",
        Fault.HALF: "answers with half an envelope",
    }
)
"""How a twin of SOAP plays each fault."""


class SoapTwin:
    """A small back office behind a WSDL, which it serves at `?wsdl` and holds what it is told to.

    `wsdl` has `ADDRESS` where its own address goes. A `username` must stand in a WS-Security token.
    """

    path = "/service?wsdl"

    def __init__(
        self, clock: Callable[[], datetime], wsdl: str, answers: Answers, *, careful: bool, username: str = ""
    ) -> None:
        self.book = Book(careful)
        self.script = Script()
        self.clock = clock
        self._wsdl, self._answers, self._username = wsdl, answers, username
        self._schema, self._space = _schema_of(wsdl)
        routes = [Route("/service", self._describe), Route("/service", self._answer, methods=["POST"])]
        spares = lambda scope, body: scope["method"] == "GET" or self.spares(body)  # noqa: E731
        self.app = Faulty(Starlette(routes=routes), self.script, OF_SOAP, spares)

    def spares(self, body: bytes) -> bool:
        """Which messages meet no fault: those before a case is sent."""
        return False

    def messages(self) -> list[tuple[dict[str, str], bytes]]:
        """Nothing is pushed: it is asked."""
        return []

    def since(self, text: str) -> list[Told]:
        """What was told from a moment on."""
        begin = datetime.fromisoformat(text)
        begin = begin if begin.tzinfo else begin.replace(tzinfo=UTC)
        return [told for told in self.book.told if told.at >= begin]

    async def _describe(self, request: Request) -> Response:
        address = str(request.url.replace(query=""))
        return Response(self._wsdl.replace("ADDRESS", address), media_type="text/xml")

    async def _answer(self, request: Request) -> Response:
        try:
            envelope = etree.fromstring(
                await request.body(), etree.XMLParser(resolve_entities=False, no_network=True)
            )
            names = envelope.xpath("//w:Username/text()", namespaces={"w": SECURITY})
            if self._username and names != [self._username]:
                raise SaysNo("the security token could not be authenticated")
            [message] = envelope.find(f"{{{ENVELOPE}}}Body")
            if not self._schema.validate(message):
                raise SaysNo(f"not as the WSDL says: {self._schema.error_log.last_error.message}")
            name = etree.QName(message).localname
            answer = self._answers[name](data_of(message) or {})
        except SaysNo as no:
            words = str(no).replace("&", "&amp;").replace("<", "&lt;")
            return Response(fault_xml(words, no.code), 500, media_type="text/xml")
        element = element_of(f"{{{self._space}}}{name.removesuffix('Request')}Response", answer, self._space)
        body = etree.tostring(element, encoding="unicode")
        return Response(
            f'<e:Envelope xmlns:e="{ENVELOPE}"><e:Body>{body}</e:Body></e:Envelope>', media_type="text/xml"
        )


def _schema_of(wsdl: str) -> tuple[etree.XMLSchema, str]:
    tree = etree.fromstring(wsdl.encode())
    found = tree.find(".//{http://www.w3.org/2001/XMLSchema}schema")
    return etree.XMLSchema(etree.fromstring(etree.tostring(found))), found.get("targetNamespace")


def data_of(element: Any) -> Any:
    """An element as data: its words, or a map of what is in it, with a list where a name comes twice."""
    if not len(element):
        return element.text or ""
    found: dict[str, Any] = {}
    for part in element:
        name, value = etree.QName(part).localname, data_of(part)
        if name in found:
            found[name] = [*(found[name] if isinstance(found[name], list) else [found[name]]), value]
        else:
            found[name] = value
    return found


def element_of(tag: str, data: Any, space: str) -> Any:
    """Data as an element: maps become elements in it, lists the same element several times."""
    made = etree.Element(tag)
    for name, value in data.items() if isinstance(data, Mapping) else ():
        for one in value if isinstance(value, list) else [value]:
            if one is not None:
                made.append(element_of(f"{{{space}}}{name}", one, space))
    if not isinstance(data, Mapping):
        made.text = str(data)
    return made


def wsdl(folder: str, name: str) -> str:
    """A WSDL that ships with a twin or a simulator."""
    return (resources.files("commonhall.connectors.soap") / folder / name).read_text("utf-8")


# -- the plain one ---------------------------------------------------------------------------------------------------


class PlainTwin(SoapTwin):
    """Jobs under a key, and their changes, two to a page; a WS-Security token."""

    def __init__(self, clock: Callable[[], datetime], *, careful: bool = True) -> None:
        answers: Answers = {"NewJob": self._new, "GetChanges": self._changes}
        super().__init__(clock, wsdl("", "twin.wsdl"), answers, careful=careful, username="council")

    def _new(self, said: dict[str, Any]) -> dict[str, Any]:
        job = self.book.take(said["Key"], said["Reference"], said)
        return {"Number": job.number, "Message": "Thank you"}

    def _changes(self, said: dict[str, Any]) -> dict[str, Any]:
        told, page = self.since(said["Since"]), int(said["Page"])
        rows = [
            {
                "Id": one.id,
                "Number": one.job.number,
                "State": one.status,
                "When": one.at.astimezone(UTC).isoformat(),
                "Words": one.note,
            }
            for one in told[2 * page - 2 : 2 * page]
        ]
        return {"Change": rows, "More": "true" if len(told) > 2 * page else "false"}


MAPPING: dict[str, Any] = {
    "deliver": {
        "ask": {
            "operation": "NewJob",
            "arguments": {
                "Key": "{{ key }}",
                "Reference": "{{ case.reference }}",
                "What": "{{ table(tables.services, case.service) }}",
                "Words": "{{ case.summary }}",
                "Email": "{{? case.email }}",
                "Answer": "{{ fields.map(name, {'Name': name, 'Value': leaves(fields[name])}) }}",
            },
        },
        "id": "{{ answer.body.Number }}",
        "note": "{{? answer.body.Message }}",
    },
    "updates": {
        "ask": {
            "operation": "GetChanges",
            "arguments": {"Since": "{{ since }}", "Page": "{{ next == null ? 1 : next }}"},
        },
        "items": "{{ answer.body.Change == null ? [] : answer.body.Change }}",
        "next": "{{? answer.body.More ? dyn(next == null ? 2 : next + 1) : dyn(null) }}",
        "each": {
            "id": "{{ item.Id }}",
            "external_id": "{{ item.Number }}",
            "status": "{{? table(tables.status, item.State) }}",
            "at": "{{ item.When }}",
            "note": "{{? item.Words }}",
        },
    },
}
"""What this twin is told, and how it is read."""


def connect(
    url: str, http: httpx2.AsyncClient, clock: Callable[[], datetime], patience: Patience
) -> SoapConnector:
    """A connector to this twin."""
    same = {name: name for name in ("open", "in_progress", "fixed", "closed")}
    settings = SoapSettings.model_validate(
        {
            "wsdl": url,
            "mapping": MAPPING,
            "tables": {"services": {"missed-bin": "BIN", "*": "OTHER"}, "status": same},
            "security": "digest",
            "username": "council",
        }
    )
    secrets = SoapSecrets(password="of-the-twin")  # noqa: S106 - the twin's own
    return SoapConnector(settings, secrets, http, clock, allow_private=True, patience=patience)


SUBJECT = Subject(
    "soap", lambda clock, careful: PlainTwin(clock, careful=careful), connect, plays=PLAYS, holds=in_xml
)
"""What the kit examines."""
