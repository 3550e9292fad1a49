"""The closed list of problem codes, and the one error type that carries them.

Programs get the code; people get the sentence of `hanare_core.sentences` for that code. A cause is never repeated in
the text of its wrapper. Server, hub, gateway and stick map codes to HTTP, channel and screen by this table alone.
"""

from collections.abc import Mapping
from enum import StrEnum
from http import HTTPStatus
from typing import Final


class Code(StrEnum):
    """Every reason for which Hanare refuses or ends something, in alphabetical order."""

    ASSIGNMENT_CHANGED = "assignment-changed"
    CAPTIVE_PORTAL = "captive-portal"
    CERTIFICATE_EXPIRED = "certificate-expired"
    CODE_WRONG = "code-wrong"
    CONFLICT = "conflict"
    DESKTOP_ACCOUNT_LOCKED = "desktop-account-locked"
    DESKTOP_CRASHED = "desktop-crashed"
    DESKTOP_ENDED = "desktop-ended"
    DESKTOP_INSECURE = "desktop-insecure"
    DESKTOP_NOT_AUTHENTIC = "desktop-not-authentic"
    DESKTOP_PASSWORD_EXPIRED = "desktop-password-expired"
    DESKTOP_PASSWORD_MUST_CHANGE = "desktop-password-must-change"
    DESKTOP_PASSWORD_WRONG = "desktop-password-wrong"
    DESKTOP_REFUSED = "desktop-refused"
    DESKTOP_UNREACHABLE = "desktop-unreachable"
    DEPARTMENT_SUSPENDED = "department-suspended"
    DIRECTORY_UNREACHABLE = "directory-unreachable"
    DOOR_UNREACHABLE = "door-unreachable"
    ENDED_BY_USER = "ended-by-user"
    FACTOR_WANTED = "factor-wanted"
    FUNCTION_FAILED = "function-failed"
    GATEWAY_FULL = "gateway-full"
    GATEWAY_UNREACHABLE = "gateway-unreachable"
    HARD_END = "hard-end"
    HUB_UNREACHABLE = "hub-unreachable"
    IDLE = "idle"
    IMAGE_TOO_OLD = "image-too-old"
    INTERNAL = "internal"
    KEYD_UNREACHABLE = "keyd-unreachable"
    LEASE_ENDED = "lease-ended"
    LOAN_MISSING = "loan-missing"
    LOST_CONTACT = "lost-contact"
    MALFORMED = "malformed"
    NONCE_EXPIRED = "nonce-expired"
    NOT_AUTHENTIC = "not-authentic"
    NOT_FOUND = "not-found"
    NOT_PERMITTED = "not-permitted"
    NOT_SAVED = "not-saved"
    NO_OFFICE_PC = "no-office-pc"
    ORGANISATION_OFF = "organisation-off"
    OUT_OF_HOURS = "out-of-hours"
    OUT_OF_ORDER = "out-of-order"
    PERMISSION_EXPIRED = "permission-expired"
    PIN_LOCKED = "pin-locked"
    PIN_WEAK = "pin-weak"
    SERVER_UNREACHABLE = "server-unreachable"
    SESSION_ELSEWHERE = "session-elsewhere"
    SESSION_SUSPENDED = "session-suspended"
    SIGNED_IN_AGAIN = "signed-in-again"
    SIGN_IN_FAILED = "sign-in-failed"
    STICK_DAMAGED = "stick-damaged"
    STICK_LOCKED = "stick-locked"
    STICK_QUARANTINED = "stick-quarantined"
    STICK_UNKNOWN = "stick-unknown"
    SUSPENDED = "suspended"
    THROTTLED = "throttled"
    TOKEN_INVALID = "token-invalid"
    TOO_LARGE = "too-large"
    USER_LOCKED = "user-locked"
    USER_SUSPENDED = "user-suspended"
    VIRTUAL_MACHINE = "virtual-machine"
    WIFI_ACCOUNT_REFUSED = "wifi-account-refused"
    WIFI_PASSWORD_WRONG = "wifi-password-wrong"
    WIFI_UNREACHABLE = "wifi-unreachable"
    WIFI_UNSUPPORTED = "wifi-unsupported"
    WRONG_ZONE = "wrong-zone"


class Problem(Exception):
    """A refusal with its code; `detail` holds short named facts that the sender may see."""

    def __init__(self, code: Code, *, detail: Mapping[str, str] | None = None) -> None:
        super().__init__(code.value)
        self.code = code
        self.detail: Mapping[str, str] = dict(detail or {})


def http_status(code: Code) -> HTTPStatus:
    """Return the HTTP status that carries the code; whatever is not listed is a refusal, 403."""
    return _HTTP_STATUS.get(code, HTTPStatus.FORBIDDEN)


_HTTP_STATUS: Final[Mapping[Code, HTTPStatus]] = {
    Code.CODE_WRONG: HTTPStatus.UNAUTHORIZED,
    Code.CONFLICT: HTTPStatus.CONFLICT,
    Code.DIRECTORY_UNREACHABLE: HTTPStatus.SERVICE_UNAVAILABLE,
    Code.FACTOR_WANTED: HTTPStatus.UNAUTHORIZED,
    Code.GATEWAY_FULL: HTTPStatus.SERVICE_UNAVAILABLE,
    Code.GATEWAY_UNREACHABLE: HTTPStatus.SERVICE_UNAVAILABLE,
    Code.HUB_UNREACHABLE: HTTPStatus.SERVICE_UNAVAILABLE,
    Code.INTERNAL: HTTPStatus.INTERNAL_SERVER_ERROR,
    Code.KEYD_UNREACHABLE: HTTPStatus.SERVICE_UNAVAILABLE,
    Code.MALFORMED: HTTPStatus.BAD_REQUEST,
    Code.NONCE_EXPIRED: HTTPStatus.CONFLICT,
    Code.NOT_AUTHENTIC: HTTPStatus.UNAUTHORIZED,
    Code.NOT_FOUND: HTTPStatus.NOT_FOUND,
    Code.NOT_SAVED: HTTPStatus.SERVICE_UNAVAILABLE,
    Code.OUT_OF_ORDER: HTTPStatus.CONFLICT,
    Code.PIN_WEAK: HTTPStatus.UNPROCESSABLE_ENTITY,
    Code.SIGN_IN_FAILED: HTTPStatus.UNAUTHORIZED,
    Code.THROTTLED: HTTPStatus.TOO_MANY_REQUESTS,
    Code.TOKEN_INVALID: HTTPStatus.UNAUTHORIZED,
    Code.TOO_LARGE: HTTPStatus.REQUEST_ENTITY_TOO_LARGE,
}
