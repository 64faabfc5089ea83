"""Simulators of Confirm, Whitespace and Bartec: what their services take and answer, as far as public facts go."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any
from zoneinfo import ZoneInfo

from commonhall.connectors.soap.twin import SaysNo, SoapTwin, wsdl

USER, PASSWORD, DATABASE = "council", "of-the-council", "tenant"
LONDON = ZoneInfo("Europe/London")


class Confirm(SoapTwin):
    """Not Confirm: operations under an authentication in the message; it keeps no keys."""

    def __init__(self, clock: Callable[[], datetime]) -> None:
        answers = {"ProcessOperationsRequest": self._process}
        super().__init__(clock, wsdl("simulators", "confirm.wsdl"), answers, careful=False)

    def _process(self, said: dict[str, Any]) -> dict[str, Any]:
        asked = said["Request"]
        shown = asked["Authentication"]
        if (shown["Username"], shown["Password"], shown["DatabaseId"]) != (USER, PASSWORD, DATABASE):
            return {"Response": {"Fault": {"Reason": "Logon failed"}}}
        operation = asked["Operation"]
        if "NewEnquiry" in operation:
            enquiry = operation["NewEnquiry"]
            if enquiry["ServiceCode"] != "WASTE":
                return {"Response": {"Fault": {"Reason": "Service code is not valid"}}}
            job = self.book.take("", enquiry["EnquiryReference"], enquiry)
            answer: dict[str, Any] = {"NewEnquiryResponse": {"Enquiry": {"EnquiryNumber": job.number}}}
        else:
            answer = {"GetEnquiryStatusChangesResponse": {"UpdatedEnquiry": self._changes(operation)}}
        return {"Response": {"OperationResponse": answer}}

    def _changes(self, operation: dict[str, Any]) -> list[dict[str, Any]]:
        begin = datetime.fromisoformat(operation["GetEnquiryStatusChanges"]["LoggedTimeFrom"]).replace(
            tzinfo=LONDON
        )
        return [
            {
                "EnquiryNumber": told.job.number,
                "EnquiryStatusLog": {
                    "EnquiryLogNumber": told.id,
                    "LoggedTime": told.at.astimezone(LONDON)
                    .replace(tzinfo=None)
                    .isoformat(timespec="seconds"),
                    "EnquiryStatusCode": told.status.upper(),
                    "StatusLogNotes": told.note,
                },
            }
            for told in self.book.told
            if told.at >= begin.astimezone(UTC)
        ]


class Whitespace(SoapTwin):
    """Not Whitespace: worksheets, a UsernameToken, errors as codes; it keeps no keys."""

    def __init__(self, clock: Callable[[], datetime]) -> None:
        answers = {"CreateWorksheet": self._create}
        super().__init__(clock, wsdl("simulators", "whitespace.wsdl"), answers, careful=False, username=USER)

    def _create(self, said: dict[str, Any]) -> dict[str, Any]:
        given = said["worksheetInput"]
        if given["ServiceId"] != "7":
            return {"CreateWorksheetResult": {"ErrorCode": 6, "ErrorDescription": "No such service"}}
        job = self.book.take("", given["WorksheetReference"], given)
        return {
            "CreateWorksheetResult": {"ErrorCode": 0, "WorksheetResponse": {"anyType": [job.number, "1"]}}
        }


class Bartec(SoapTwin):
    """Not Bartec: a token from a sign-in, errors in good answers; it keeps no keys."""

    def __init__(self, clock: Callable[[], datetime]) -> None:
        answers = {"Authenticate": self._enter, "ServiceRequests_Create": self._create}
        super().__init__(clock, wsdl("simulators", "bartec.wsdl"), answers, careful=False)
        self.taken_back = 0

    def spares(self, body: bytes) -> bool:
        """The sign-in comes before a case is sent."""
        return b"Authenticate>" in body

    def _enter(self, said: dict[str, Any]) -> dict[str, Any]:
        if (said["user"], said["password"]) != (USER, PASSWORD):
            return {"AuthenticateResult": {"Errors": {"Error": {"Message": "Invalid user"}}}}
        return {"AuthenticateResult": {"Token": {"TokenString": f"token-{self.taken_back}"}}}

    def _create(self, said: dict[str, Any]) -> dict[str, Any]:
        if said["token"] != f"token-{self.taken_back}":
            return {"ServiceRequests_CreateResult": {"Errors": {"Error": {"Message": "Invalid Token"}}}}
        if said["ServiceTypeID"] != "12":
            raise SaysNo("no such service type")
        job = self.book.take("", said["ExternalReference"], said)
        return {"ServiceRequests_CreateResult": {"ServiceCode": job.number}}
