"""Leads of cases, and the contacts that they may read."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class CaseLead:
    """The bureau that leads a case.

    Attributes:
        case_id: The case.
        version: Version of the case that says so.
        jurisdiction: Id of the city's jurisdiction.
        bureau: Code of the bureau.
        work_order_id: The work order by which it leads the case; None for a case that was merged
            into another.
    """

    case_id: str
    version: int
    jurisdiction: str
    bureau: str
    work_order_id: str | None


@dataclass(frozen=True, slots=True)
class CaseReporter:
    """The contact of a reporter of a case, as the lead bureau may read it.

    Attributes:
        request_id: The reporter's request.
        tracking_number: The number given to the reporter.
        name: The reporter's name; None where it is unknown.
        email: Usable e-mail address; None for none.
        phone: Phone number, E.164; None for none.
        language: BCP 47 tag of the language to write or speak in; None where it is unknown.
    """

    request_id: str
    tracking_number: str
    name: str | None
    email: str | None
    phone: str | None
    language: str | None
