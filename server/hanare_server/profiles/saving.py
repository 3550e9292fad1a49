"""Saves a profile, or asks a second person where it loosens: the one place for the pages and the API."""

from hanare_server.access.act import act
from hanare_server.approvals import requests
from hanare_server.approvals.models import Loosening, Request
from hanare_server.audit.log import Actor, ActorKind
from hanare_server.console.models import Administrator
from hanare_server.directory.models import Profile
from hanare_server.profiles import change, loosens, prospects


def takes_two(account: Administrator, profile: Profile, edited: change.Edit) -> bool:
    """Return whether the change loosens something for somebody."""
    profile.organisation = account.here
    return bool(loosens.of(prospects.of_fields(account.here, profile, edited.fields)))


def ask_or_save(account: Administrator, profile: Profile, edited: change.Edit, reason: str) -> Profile | Request:
    """Save it and return it, or return the request that waits for a second person. Raises as `change.save` does."""
    if takes_two(account, profile, edited):
        change.check(profile, edited.name, edited.fields)
        what = {"profile": profile.pk, **edited._asdict()}
        return requests.ask(account, Loosening.CHANGE_PROFILE, what, reason)
    with act(account.here.pk, Actor(ActorKind.ADMINISTRATOR, account.pk)) as opened:
        return change.save(opened, profile.pk, edited, why=reason)
