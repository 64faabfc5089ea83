"""Calls by a WSDL, made and read by zeep, and carried by the one way that connectors have.

zeep opens no socket: what it wants to load or send goes through `Caller`, so an address is checked, an answer bounded, and
a redirect not followed, as everywhere. zeep waits for its answers, so each call has a thread for its length.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

import requests
from lxml import etree
from zeep import Client, Settings
from zeep.exceptions import Error, Fault, TransportError, XMLParseError
from zeep.exceptions import ValidationError as NotAsTheWsdlSays
from zeep.helpers import serialize_object
from zeep.transports import Transport
from zeep.wsse.username import UsernameToken

from commonhall.connectors.asking import Answered
from commonhall.connectors.http import Answer, Caller, refuse, storable
from commonhall.connectors.soap.place import Place, Token, in_xml
from commonhall.connectors.templates import as_values
from commonhall.engine.back_office import DeliveryFailed

WSDL_HOLDS = timedelta(days=1)
INLINE = "https://given.invalid/wsdl"
"""The address of a WSDL that was given as a text."""
_TO_BE_MENDED = ("auth", "token", "session", "credential", "password", "login", "log in", "security", "licen")
"""Words of a refusal that speaks of who asks, not of the case."""


class _Carrier(Transport):
    """Carries what zeep loads and sends, from its thread, through the loop's `Caller`."""

    def __init__(
        self, caller: Caller, headers: Mapping[str, str], now: Callable[[], datetime], inline: str
    ) -> None:
        super().__init__(session=_NoSession())  # type: ignore[no-untyped-call]
        self._caller, self._headers, self._now, self._inline = caller, headers, now, inline
        self._loop = asyncio.get_running_loop()

    def _call(
        self, method: str, url: str, headers: Mapping[str, str], content: bytes | None = None
    ) -> Answer:
        call = self._caller.call(method, url, headers={**headers, **self._headers}, content=content)
        return asyncio.run_coroutine_threadsafe(call, self._loop).result()

    def load(self, url: str) -> bytes:
        """A WSDL or a schema that it names. Raises `DeliveryFailed`."""
        if url == INLINE:
            return self._inline.encode()
        answer = self._call("GET", url, {})
        if answer.status != 200 or answer.is_page:
            raise DeliveryFailed(f"the WSDL cannot be had: {url[:200]} answered {answer.status}")
        return answer.body

    def post(self, address: str, message: bytes, headers: Mapping[str, str]) -> requests.Response:
        """Send a message; what is no answer of SOAP's is refused by its status. Raises `DeliveryFailed`."""
        answer = self._call("POST", address, headers, message)
        if not _speaks_soap(answer) or not _is_whole(answer):
            if 200 <= answer.status < 300:
                raise DeliveryFailed(
                    "what came back is no answer in SOAP: something in front of it may have answered"
                )
            raise refuse(answer, "", self._now())
        response = requests.Response()
        response.status_code = answer.status
        response._content = answer.body
        response.headers.update(answer.headers)
        response.headers.pop("content-encoding", None)
        return response


class _NoSession(requests.Session):
    """Stands where zeep wants a session: it never sends anything."""

    def send(self, request: Any, **kwargs: Any) -> requests.Response:
        """Raises: nothing is to go this way."""
        raise DeliveryFailed("the WSDL names something that is not fetched by the web")


def _is_whole(answer: Answer) -> bool:
    """Whether an answer is XML to its end: zeep, which must be lenient with what back offices send, would not mind."""
    if answer.content_type == "multipart/related":
        return True
    try:
        etree.fromstring(
            answer.body, etree.XMLParser(resolve_entities=False, no_network=True, load_dtd=False)
        )
    except etree.XMLSyntaxError:
        return False
    return True


def _speaks_soap(answer: Answer) -> bool:
    body = answer.body.lstrip()
    return not answer.is_page and (b"Envelope" in body[:2000] or answer.content_type == "multipart/related")


@dataclass(slots=True)
class Service:
    """One SOAP service. Its WSDL is fetched when it is first wanted, and again after a day."""

    place: Place
    caller: Caller
    clock: Callable[[], datetime]
    token: Token | None = None
    headers: Mapping[str, str] = field(default_factory=dict)
    _proxy: Any = None
    _client: Any = None
    _until: datetime | None = None
    _loading: asyncio.Lock = field(default_factory=asyncio.Lock)

    async def ask(self, request: Mapping[str, Any]) -> Answered:
        """Call `operation` with `arguments` (and `headers`), and read what comes back. Raises `DeliveryFailed`."""
        proxy = await self._ready()
        name = str(request["operation"])
        arguments = _clean(request.get("arguments") or {})
        more = {"_soapheaders": _clean(request["headers"])} if request.get("headers") else {}
        try:
            found = await asyncio.to_thread(self._call, proxy, name, arguments, more)
        except Fault as fault:
            return self._fault(fault)
        except TransportError as error:
            raise DeliveryFailed(f"what came back is no answer in SOAP ({error.status_code})") from None
        except (NotAsTheWsdlSays, TypeError, AttributeError, LookupError, ValueError) as error:
            words = storable(str(error))[:300]
            raise DeliveryFailed(f"the mapping does not say what the WSDL asks of {name}: {words}") from None
        except (Error, XMLParseError, etree.Error) as error:
            raise DeliveryFailed(f"its answer cannot be read: {storable(str(error))[:300]}") from None
        return Answered(200, as_values(answer={"status": 200, "body": _plain(found)})["answer"])

    @staticmethod
    def _call(proxy: Any, name: str, arguments: Mapping[str, Any], more: Mapping[str, Any]) -> Any:
        try:
            operation = proxy[name]
        except AttributeError:
            raise LookupError(f"it has no operation '{name}'") from None
        return operation(**arguments, **more)

    def _fault(self, fault: Fault) -> Answered:
        """A fault: the caller's (this case's, or the sign-in's), or the service's own."""
        code = str(fault.code or "").rpartition(":")[2].rpartition("}")[2]
        words = storable(str(fault.message or "").strip())[:500] or "it gave no reason"
        of_the_caller = code in {"Client", "Sender"} or code.startswith("Client.")
        who = any(word in words.lower() for word in _TO_BE_MENDED)
        failure = DeliveryFailed(f"the back office said no: {words}", permanent=of_the_caller and not who)
        values = {"status": 500, "body": None, "fault": {"code": code, "message": words}}
        return Answered(500, as_values(answer=values)["answer"], failure)

    async def _ready(self) -> Any:
        async with self._loading:
            if self._proxy is None or self._until is None or self.clock() >= self._until:
                inline = self.place.wsdl if self.place.wsdl.lstrip().startswith("<") else ""
                carrier = _Carrier(self.caller, self.headers, self.clock, inline)
                try:
                    self._proxy = await asyncio.to_thread(
                        self._load, carrier, INLINE if inline else self.place.wsdl
                    )
                except (Error, etree.Error, AttributeError, LookupError, ValueError, TypeError) as error:
                    words = storable(str(error))[:300]
                    raise DeliveryFailed(f"the WSDL cannot be read: {words}") from None
                self._until = self.clock() + WSDL_HOLDS
            return self._proxy

    def _load(self, carrier: _Carrier, wsdl: str) -> Any:
        settings = Settings(strict=False, forbid_dtd=True, forbid_entities=True, forbid_external=True)
        wsse = (
            UsernameToken(self.token.username, self.token.password, use_digest=self.token.digest)
            if self.token
            else None
        )
        client = Client(wsdl, wsse=wsse, transport=carrier, settings=settings)
        proxy = client.bind(self.place.service, self.place.port)
        if self.place.endpoint:
            proxy = client.create_service(proxy._binding.name, self.place.endpoint)
        return proxy


def _clean(value: Any) -> Any:
    """Values as XML 1.0 can hold them."""
    if isinstance(value, str):
        return in_xml(value)
    if isinstance(value, Mapping):
        return {name: _clean(part) for name, part in value.items()}
    if isinstance(value, list):
        return [_clean(part) for part in value]
    return value


def _plain(found: Any) -> Any:
    """What zeep read, as plain data."""
    found = serialize_object(found, target_cls=dict)
    return _without_xml(found)


def _without_xml(value: Any) -> Any:
    if isinstance(value, Mapping):
        return {str(name): _without_xml(part) for name, part in value.items()}
    if isinstance(value, list | tuple):
        return [_without_xml(part) for part in value]
    if isinstance(value, etree._Element):
        inside = [one for one in value if isinstance(one.tag, str)]
        return {etree.QName(one).localname: _without_xml(one) for one in inside} if inside else value.text
    return value
