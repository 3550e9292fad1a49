"""What the agent refuses before it does anything: another hub certificate, settings and secrets that are wrong."""

from collections.abc import Callable
from pathlib import Path

import pytest
from nacl.signing import SigningKey

from hanare_core import wire
from hanare_core.messages import gateway as messages
from hanare_gateway.settings import SettingsError, read_secret, read_settings
from hanare_gateway.state import Kept, StateFile
from hanare_lab.installation import certificate
from hanare_lab.wait import until
from tests.gateway.papers import IDENTITY
from tests.gateway.site import SETTINGS_TEXT, Site


@pytest.mark.lab
def test_a_hub_with_another_certificate_hears_nothing(site: Site) -> None:
    """The agent says nothing to a hub whose certificate is not the pinned one, though its name is right."""
    assert site.agent is not None
    site.agent.kill()
    site.hub.forget()
    stranger, _ = certificate.make("hanare-server")
    site.gateway.write("/etc/hanare/server.pem", stranger)
    agent = site.start_agent()
    until(lambda: agent.log_text().count('"channel"') > 1, seconds=60, what="two refusals", process=agent)
    assert not [message for message in site.hub.received if isinstance(message, messages.Hello)]


@pytest.mark.lab
def test_the_agent_has_one_capability(site: Site) -> None:
    """The agent runs without root and holds CAP_NET_ADMIN and nothing else."""
    assert site.agent is not None
    status = Path(f"/proc/{site.agent.pid}/status").read_text()
    values = {line.split()[0]: line.split()[1] for line in status.splitlines() if line.startswith(("Cap", "Uid"))}
    assert values["Uid:"] != "0"
    assert {int(values[name], 16) for name in ("CapEff:", "CapPrm:", "CapBnd:")} == {1 << 12}


def test_good_settings_are_read(tmp_path: Path) -> None:
    """The settings of the lab's gateway are read with their defaults."""
    file = tmp_path / "gateway.toml"
    file.write_text(SETTINGS_TEXT)
    settings = read_settings(file)
    assert settings.network.return_path == "routed"
    assert settings.hub.server_name == "hanare-server"


@pytest.mark.parametrize(
    "spoil",
    [
        lambda text: text.replace("wss://", "ws://"),
        lambda text: text.replace('pool = "100.64.0.0/18"', 'pool = "100.64.0.1/18"'),
        lambda text: text.replace('wan = "wan0"', 'wan = "wan0; flush ruleset"'),
        lambda text: text.replace("fd20::10", "10.20.0.10"),
        lambda text: text.replace("ports = [51820, 443]", "ports = []"),
        lambda text: text + "\nsurprise = 1\n",
        lambda text: text + "\n= broken",
    ],
    ids=["plain", "pool", "name", "family", "ports", "unknown", "torn"],
)
def test_wrong_settings_are_refused(tmp_path: Path, spoil: Callable[[str], str]) -> None:
    """A setting that is unknown, unsafe or malformed is refused as a whole, with a sentence that names the file."""
    file = tmp_path / "gateway.toml"
    file.write_text(spoil(SETTINGS_TEXT))
    with pytest.raises(SettingsError, match=r"gateway\.toml"):
        read_settings(file)


def test_secrets_that_others_may_read_are_refused(tmp_path: Path) -> None:
    """A secret is 32 bytes in a file that only owner and group may read."""
    file = tmp_path / "identity.key"
    file.write_text(wire.key_text(bytes(IDENTITY)))
    file.chmod(0o600)
    assert SigningKey(read_secret(str(file))) == IDENTITY
    file.chmod(0o644)
    with pytest.raises(SettingsError, match="mode"):
        read_secret(str(file))
    file.chmod(0o600)
    for content in ("", "short", "x" * 44):
        file.write_text(content)
        with pytest.raises(SettingsError):
            read_secret(str(file))
    with pytest.raises(SettingsError):
        read_secret(str(tmp_path / "none"))


def test_the_state_survives(tmp_path: Path) -> None:
    """Epoch and revoked leases come back from disk; a torn file is refused rather than forgotten."""
    path = tmp_path / "state.json"
    state = StateFile(str(path))
    assert state.kept.epoch == 0
    state.keep(Kept(epoch=7, revoked={"lease-1": 5}))
    again = StateFile(str(path)).kept
    assert (again.epoch, again.revoked) == (7, {"lease-1": 5})
    assert path.stat().st_mode & 0o777 == 0o600
    path.write_text('{"epoch":')
    with pytest.raises(SettingsError):
        StateFile(str(path))
