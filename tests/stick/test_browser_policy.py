"""What the browser is told: only the application's own hosts, by https, through the gateway's proxy."""

import base64
from pathlib import Path

import pytest

from hanare_core import web_proxy
from hanare_core.web_application import WebApplication
from hanare_stick import browser_policy, window_names

HOSTS = ("chat.example.jp", "*.cdn.example.jp")
APPLICATION = WebApplication(id="chat", name_ja="チャット", name_en="Chat", url="https://chat.example.jp/", hosts=HOSTS)


def test_the_choice_of_proxy_is_the_hosts_and_no_others() -> None:
    """The proxy's choice holds exact hosts and suffixes apart and cannot be left out."""
    settings = browser_policy.policy(APPLICATION, [])["ProxySettings"]
    assert isinstance(settings, dict)
    assert settings["ProxyPacMandatory"] is True
    script = base64.b64decode(settings["ProxyPacUrl"].partition(",")[2]).decode()
    assert 'exact = ["chat.example.jp"], below = [".cdn.example.jp"]' in script
    assert f'"PROXY {web_proxy.ADDRESS}:{web_proxy.PORT}" : "PROXY 127.0.0.1:9"' in script


def test_everything_else_is_shut() -> None:
    """All addresses are blocked but the application's; no downloads, tools, printing, private windows or devices."""
    chosen = browser_policy.policy(APPLICATION, [])
    assert chosen["URLBlocklist"][0] == "*"  # type: ignore[index]
    assert chosen["URLAllowlist"] == ["https://.chat.example.jp", "https://cdn.example.jp"]
    assert (chosen["DownloadRestrictions"], chosen["DeveloperToolsAvailability"]) == (3, 2)
    assert (chosen["PrintingEnabled"], chosen["IncognitoModeAvailability"]) == (False, 1)
    assert {value for name, value in chosen.items() if name.endswith("GuardSetting")} == {2}


def test_a_file_of_authorities_is_taken_or_refused(tmp_path: Path) -> None:
    """Each certificate of a PEM file is told to the browser; what is no base64 is refused before anything starts."""
    body = base64.b64encode(b"certificate").decode()
    file = tmp_path / "authorities.pem"
    file.write_text(f"-----BEGIN CERTIFICATE-----\n{body}\n-----END CERTIFICATE-----\n" * 2)
    assert browser_policy.certificates(file) == [body, body]
    file.write_text("-----BEGIN CERTIFICATE-----\n???\n-----END CERTIFICATE-----\n")
    with pytest.raises(ValueError, match="base64"):
        browser_policy.certificates(file)


def test_windows_are_told_apart_by_name() -> None:
    """A tile's window is known by the id at its end, the desktop by its class."""
    assert window_names.belongs("chrome-chat.example.jp__-chat", "chat")
    assert not window_names.belongs("chrome-chat.example.jp__-chat2", "chat")
    assert window_names.belongs("xfreerdp", "")
    assert not window_names.belongs("chrome-chat.example.jp__-chat", "")
