"""Which web applications a session's lease opens, and what a change of the profile does to running sessions."""

from typing import Any

from hanare_core import web_proxy
from hanare_core.messages.gateway import Target
from hanare_lab.wait import until
from hanare_server.access.act import act
from hanare_server.audit.log import COMMAND
from hanare_server.profiles import change
from tests.server.town import Town

HEARD_S = 60.0
OFFICE_PC = ("10.1.2.3", 3389)


def permit(town: Town, *hosts: str) -> None:
    """Change the organisation's profile by the act that the console uses: one web application, or none."""
    application = {"id": "chat", "name_ja": "チャット", "name_en": "Chat", "url": f"https://{(hosts or ('',))[0]}/"}
    applications: list[dict[str, Any]] = [{**application, "hosts": list(hosts)}] if hosts else []
    with act(town.id, COMMAND) as opened:
        row = opened.organisation.profile
        assert row is not None
        fields = {**row.settings, "web_applications": applications}
        change.save(opened, row.pk, change.Edit(row.version, row.name, fields))


def targets(town: Town) -> tuple[Target, ...]:
    """Return the targets of the one lease that the gateway holds."""
    (gateway,) = town.gateways.values()
    (lease,) = gateway.present.values()
    return lease.targets


def test_a_profile_without_web_applications_leads_to_no_proxy(town: Town) -> None:
    """Such a session reaches its office PC and nothing else."""
    town.ready().sign_in("tanaka")
    assert [(target.address, target.port) for target in targets(town)] == [OFFICE_PC]


def test_a_change_of_the_profile_reaches_running_sessions(town: Town) -> None:
    """The lease keeps its id and its addresses; the names in it follow the profile, down to none."""
    permit(town, "chat.example.jp")
    answer = town.ready().sign_in("tanaka")
    proxy = Target(address=web_proxy.ADDRESS, port=web_proxy.PORT, hosts=("chat.example.jp",))
    assert targets(town)[1] == proxy
    for hosts in (("chat.example.jp", "*.files.example.jp"), ()):
        permit(town, *hosts)
        until(lambda hosts=hosts: targets(town)[1].hosts == hosts, seconds=HEARD_S, what="the names")  # type: ignore[misc]
    assert [(target.address, target.port) for target in targets(town)] == [OFFICE_PC, (proxy.address, proxy.port)]
    assert list(next(iter(town.gateways.values())).present) == [answer.paths[0].lease]


def test_other_sessions_are_left_alone(town: Town) -> None:
    """A change that touches no names gives no lease a new revision."""
    permit(town, "chat.example.jp")
    town.ready().sign_in("tanaka")
    before = town.organisation.revision
    permit(town, "chat.example.jp")
    assert town.organisation.revision == before
