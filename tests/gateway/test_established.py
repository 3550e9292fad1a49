"""Nothing is accepted because it is established: the rule that would make every stop useless is noticed."""

from pathlib import Path

import pytest

from hanare_gateway import ruleset
from hanare_gateway.settings import read_settings
from tests.gateway.papers import Stick
from tests.gateway.site import SETTINGS_TEXT, Site
from tests.gateway.stream import RDP, Stream


def test_no_rule_of_the_forward_chain_accepts_by_state(tmp_path: Path) -> None:
    """Every accept of the forward chain looks something up, and none asks whether a connection is established."""
    file = tmp_path / "gateway.toml"
    file.write_text(SETTINGS_TEXT)
    lines = ruleset.ruleset(read_settings(file)).splitlines()
    rules = [line for line in lines if " forward " in line and line.endswith("accept")]
    assert len(rules) > 1
    for rule in rules:
        assert "established" not in rule
        assert f"@{ruleset.SET}" in rule or "ip6 " in rule


@pytest.mark.lab
def test_a_stop_would_be_useless_with_established_first(site: Site) -> None:
    """With `ct state established accept` first a stream without its element flows on; with our rules alone it is reset.

    The agent is frozen: it would take the stick's peer away as well, 300 ms later.
    """
    stick = Stick(1)
    site.hub.delta(stick.lease((site.pc_address, RDP)))
    site.session(stick)
    assert site.agent is not None
    with Stream(site) as stream:
        stream.turn()
        site.nft("insert rule inet hanare forward ct state established accept")
        site.agent.stop()
        site.nft(f"delete element inet hanare allow {{ {site.elements()[0]} }}")
        stream.turn()
        rules = site.gateway.run(["nft", "--handle", "list", "chain", "inet", "hanare", "forward"]).stdout
        handle = rules.partition("established accept # handle ")[2]
        site.nft(f"delete rule inet hanare forward handle {handle.split()[0]}")
        stream.assert_reset()
