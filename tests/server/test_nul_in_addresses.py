"""A NUL in an address names nothing: 404 from every view that takes a name in its address, never a fault of ours."""

import re
from collections.abc import Iterator
from http import HTTPStatus

from django.urls import URLPattern, URLResolver, get_resolver

from hanare_server.console.roles import Role
from tests.server.accounts import account, browser
from tests.server.town import Town


def named_addresses(resolver: URLResolver, before: str = "/") -> Iterator[str]:
    """Give every address with a part that is text, with a NUL there."""
    for one in resolver.url_patterns:
        address = before + str(one.pattern)
        if isinstance(one, URLResolver):
            yield from named_addresses(one, address)
        elif isinstance(one, URLPattern) and re.search(r"<(?!int:)", address):
            yield re.sub(r"<int:\w+>", "1", re.sub(r"<(?!int:)[^>]*>", "%00", address))


def test_every_address(town: Town) -> None:
    """Read and written by an administrator, each answers that there is no such thing."""
    client = browser(account(town.organisation, Role.ADMINISTRATOR))
    client.raise_request_exception = False
    addresses = [one for one in named_addresses(get_resolver()) if one.startswith(("/console/", "/s/"))]
    assert len(addresses) > 40
    asked = [(how, address) for address in addresses for how in ("get", "post")]
    answers = {f"{how} {address}": getattr(client, how)(address).status_code for how, address in asked}
    expected = {HTTPStatus.NOT_FOUND, HTTPStatus.METHOD_NOT_ALLOWED, HTTPStatus.FORBIDDEN}
    assert {what: status for what, status in answers.items() if status not in expected} == {}
    assert answers["get /console/settings/of-user/%00"] == HTTPStatus.NOT_FOUND
    assert answers["post /console/approvals/%00/approve"] == HTTPStatus.NOT_FOUND
