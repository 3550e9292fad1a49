"""The evidence pack: its items as they stand now, and the PDF."""

from typing import Any

from django.http import HttpRequest, HttpResponse
from ninja import Router, Schema

from hanare_server.api.bearer import account_of
from hanare_server.api.demands import answers, demands
from hanare_server.console.language import reader_language
from hanare_server.console.roles import Permission
from hanare_server.evidence import documents
from hanare_server.evidence.items import Line, Standing, lines

router = Router()


class EvidenceItem(Schema):
    """One item: which document asks for what, what is done about it, and how it stands."""

    source: str
    asked: str
    done: str
    standing: str
    proof: str


class Evidence(Schema):
    """The items in the order of the documents."""

    items: list[EvidenceItem]


_STANDINGS = {
    Standing.BUILT_IN: "built-in",
    Standing.KEPT: "kept",
    Standing.PARTLY: "partly",
    Standing.OPEN: "open",
}


@router.get("/evidence", response=answers(Evidence), **demands(Permission.EVIDENCE_READ))
def items(request: HttpRequest) -> Evidence:
    """Tell how each item stands: `built-in`, `kept` by the settings, `partly` for some users only, or `open`."""
    facts = documents.facts_of(account_of(request).here)
    return Evidence(items=[_item(line) for line in lines(facts, reader_language())])


def _pdf_too(demanded: dict[str, Any]) -> dict[str, Any]:
    binary = {"schema": {"type": "string", "format": "binary"}}
    answer = {200: {"description": "The pack", "content": {"application/pdf": binary}}}
    return {**demanded, "openapi_extra": {**demanded["openapi_extra"], "responses": answer}}


@router.get("/evidence.pdf", response=answers(None), **_pdf_too(demands(Permission.EVIDENCE_READ)))
def pdf(request: HttpRequest) -> HttpResponse:
    """Give the pack as PDF, in Japanese, with the log sealed up to now."""
    return documents.document_of(account_of(request).here)


def _item(line: Line) -> EvidenceItem:
    return EvidenceItem(
        source=line.source, asked=line.asked, done=line.done, standing=_STANDINGS[line.standing], proof=line.proof
    )
