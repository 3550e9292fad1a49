"""What Chromium may do for one web application or a portal: the managed policy, which no page and no key can change.

Names and values: chromeenterprise.google/policies. Only the application's own hosts are asked of the gateway's proxy,
which decides again and alone; everything else, the browser's words to its maker included, goes to a port where nobody
listens. Nothing can be saved, printed, uploaded or inspected, and no device is offered.
"""

import base64
import json
import re
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Final

from hanare_core import web_proxy
from hanare_core.web_application import WebApplication

Policy = dict[str, object]

_BLOCKED: Final = ("chrome://*", "chrome-untrusted://*", "devtools://*", "file://*", "ftp://*", "view-source:*")
_NEVER: Final = 2
"""The value "do not allow" of every Default…Setting."""

_NO_DOWNLOADS: Final = 3
_NO_TOOLS: Final = 2
_NO_PRIVATE_WINDOWS: Final = 1
_NO_SIGN_IN: Final = 0

_FORBIDDEN: Final = (
    "AllowDinosaurEasterEgg",
    "AllowFileSelectionDialogs",
    "AudioCaptureAllowed",
    "AutofillAddressEnabled",
    "AutofillCreditCardEnabled",
    "BackgroundModeEnabled",
    "BookmarkBarEnabled",
    "BrowserAddPersonEnabled",
    "BrowserGuestModeEnabled",
    "BuiltInDnsClientEnabled",
    "ComponentUpdatesEnabled",
    "DesktopSharingHubEnabled",
    "EditBookmarksEnabled",
    "EnableMediaRouter",
    "HighEfficiencyModeEnabled",
    "ImportBookmarks",
    "MetricsReportingEnabled",
    "PasswordManagerEnabled",
    "PaymentMethodQueryEnabled",
    "PrintingEnabled",
    "PromotionsEnabled",
    "QuicAllowed",
    "ScreenCaptureAllowed",
    "SearchSuggestEnabled",
    "SharedClipboardEnabled",
    "ShowHomeButton",
    "SpellCheckServiceEnabled",
    "SSLErrorOverrideAllowed",
    "TaskManagerEndProcessEnabled",
    "TranslateEnabled",
    "UserFeedbackAllowed",
    "VideoCaptureAllowed",
)
_DEVICES: Final = (
    "DefaultFileSystemReadGuardSetting",
    "DefaultFileSystemWriteGuardSetting",
    "DefaultGeolocationSetting",
    "DefaultLocalFontsSetting",
    "DefaultNotificationsSetting",
    "DefaultSensorsSetting",
    "DefaultSerialGuardSetting",
    "DefaultWebBluetoothGuardSetting",
    "DefaultWebHidGuardSetting",
    "DefaultWebUsbGuardSetting",
    "DefaultWindowManagementSetting",
)
_NOBODY: Final = "127.0.0.1:9"
"""In the session's namespace: refused at once."""

_PAC: Final = """\
function FindProxyForURL(url, host) {
  var exact = %s, below = %s;
  var permitted = exact.indexOf(host) >= 0 || below.some(function (end) { return host.endsWith(end); });
  return permitted && /^https:\\/\\/[^\\/:]+\\//.test(url) ? "PROXY %s" : "PROXY %s";
}
"""
_PEM: Final = re.compile(r"-----BEGIN CERTIFICATE-----\s+(.+?)\s+-----END CERTIFICATE-----", re.DOTALL)


def policy(application: WebApplication, authorities: Iterable[str]) -> Policy:
    """Return the policy; `authorities`: certificates (base64 of DER) that the office trusts beside the public ones."""
    return {
        **_shut(),
        "CACertificates": list(authorities),
        "ProxySettings": {"ProxyMode": "pac_script", "ProxyPacMandatory": True, "ProxyPacUrl": _pac(application.hosts)},
        "URLAllowlist": [f"https://{_pattern(host)}" for host in application.hosts],
        "URLBlocklist": ["*", *_BLOCKED],
    }


def portal_policy(relay: str) -> Policy:
    """Return the policy of the portal's window: any page of the web, asked of the relay (host:port) alone."""
    return {
        **_shut(),
        "HttpsOnlyMode": "disallowed",
        "HttpsUpgradesEnabled": False,
        "ProxySettings": {"ProxyMode": "fixed_servers", "ProxyServer": relay, "ProxyBypassList": "<-loopback>"},
        "URLBlocklist": list(_BLOCKED),
    }


def certificates(file: Path) -> list[str]:
    """Return the certificates of a PEM file as the policy wants them. Raises OSError; ValueError for what is none."""
    found = ["".join(match.split()) for match in _PEM.findall(file.read_text("ascii"))]
    for certificate in found:
        base64.b64decode(certificate, validate=True)
    return found


def _shut() -> Policy:
    """Return what holds for every window."""
    return {
        **dict.fromkeys(_FORBIDDEN, False),
        **dict.fromkeys(_DEVICES, _NEVER),
        "BrowserSignin": _NO_SIGN_IN,
        "DeveloperToolsAvailability": _NO_TOOLS,
        "DnsOverHttpsMode": "off",
        "DownloadRestrictions": _NO_DOWNLOADS,
        "ExtensionInstallBlocklist": ["*"],
        "IncognitoModeAvailability": _NO_PRIVATE_WINDOWS,
        "NetworkPredictionOptions": 2,
        "SafeBrowsingProtectionLevel": 0,
        "SavingBrowserHistoryDisabled": True,
        "SyncDisabled": True,
        "WebRtcIPHandling": "disable_non_proxied_udp",
    }


def _pac(hosts: Sequence[str]) -> str:
    """Return the proxy's choice (PAC) as an address that holds it whole."""
    exact = [host for host in hosts if not host.startswith("*.")]
    below = [host.removeprefix("*") for host in hosts if host.startswith("*.")]
    script = _PAC % (json.dumps(exact), json.dumps(below), f"{web_proxy.ADDRESS}:{web_proxy.PORT}", _NOBODY)
    return f"data:application/x-ns-proxy-autoconfig;base64,{base64.b64encode(script.encode('ascii')).decode('ascii')}"


def _pattern(host: str) -> str:
    """Return the host as the policy's filters write it: a leading dot is exactly this host, none is all below too."""
    return host.removeprefix("*.") if host.startswith("*.") else f".{host}"
