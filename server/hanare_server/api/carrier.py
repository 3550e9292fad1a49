"""The carrier on TCP 443: read, closed at once, opened by two."""

from http import HTTPStatus

from django.http import HttpRequest
from ninja import Router, Schema, Status
from pydantic import ConfigDict

from hanare_server.access import carrier
from hanare_server.api.bearer import account_of
from hanare_server.api.demands import answers, demands
from hanare_server.api.shapes import Reason, Standing
from hanare_server.api.things import actor
from hanare_server.approvals import requests
from hanare_server.approvals.models import Loosening
from hanare_server.console.models import Administrator
from hanare_server.console.roles import Permission

router = Router()


class Opening(Schema):
    """Why, for the second person."""

    model_config = ConfigDict(extra="forbid")

    reason: Reason


@router.get("/carrier", response=answers(Standing), **demands(Permission.SETTINGS_READ))
def standing(request: HttpRequest) -> Standing:
    """Tell whether homes without UDP may come by TCP 443: `open` or `closed`."""
    return _standing(account_of(request))


@router.post("/carrier/close", response=answers(Standing), **demands(Permission.SETTINGS_EDIT))
def close(request: HttpRequest) -> Standing:
    """Close it at once, for connections that stand as well."""
    account = account_of(request)
    carrier.close(account.here.pk, actor(account))
    return Standing(state="closed")


@router.post("/carrier/open", response=answers(Standing, waiting=True), **demands(Permission.SETTINGS_EDIT))
def ask(request: HttpRequest, wanted: Opening) -> Status[Standing]:
    """Ask a second person to open it (202); 409 when it is open."""
    requests.ask(account_of(request), Loosening.ALLOW_CARRIER, {}, wanted.reason)
    return Status(HTTPStatus.ACCEPTED, Standing(state="waiting"))


def _standing(account: Administrator) -> Standing:
    return Standing(state="open" if account.here.carrier else "closed")
