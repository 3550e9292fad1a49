"""The checks that come before anything is counted: the stick's certificate, its signature, the nonce."""

import sqlite3
from collections.abc import Mapping
from typing import Final, TypeVar

from hanare_core import certificate, signed
from hanare_core.certificate import StickCertificate
from hanare_core.messages.api import (
    NONCE_LIFE_MS,
    BeginBody,
    ChangePinBody,
    FinishBody,
    FirstPinBeginBody,
    FirstPinFinishBody,
    NewPinBody,
    ProveBody,
)
from hanare_core.problems import Code, Problem
from hanare_core.signed import Kind
from hanare_keyd import nonce, organisations
from hanare_keyd.keys import Keys, Purpose

ENROLMENT_LIFE_MS: Final = 20 * 60 * 1000
"""Time from hello to the finish of a first PIN: to choose it and to set up an authenticator app."""

Body = TypeVar(
    "Body", BeginBody, ChangePinBody, FinishBody, FirstPinBeginBody, FirstPinFinishBody, NewPinBody, ProveBody
)

_KIND_AND_LIFE: Final[Mapping[type, tuple[Kind, int]]] = {
    BeginBody: (Kind.BEGIN, NONCE_LIFE_MS),
    FinishBody: (Kind.FINISH_STICK, NONCE_LIFE_MS),
    FirstPinBeginBody: (Kind.FIRST_PIN_BEGIN, NONCE_LIFE_MS),
    FirstPinFinishBody: (Kind.FIRST_PIN_STICK, ENROLMENT_LIFE_MS),
    ChangePinBody: (Kind.CHANGE_PIN_STICK, NONCE_LIFE_MS),
    NewPinBody: (Kind.NEW_PIN_STICK, NONCE_LIFE_MS),
    ProveBody: (Kind.PROVE_STICK, NONCE_LIFE_MS),
}


class Statements:
    """Verifies what sticks signed, by keyd's own knowledge of the organisation's CA."""

    def __init__(self, keys: Keys, reader: sqlite3.Connection) -> None:
        self._nonce_key = keys.derived(Purpose.NONCE)
        self._reader = reader

    def new_nonce(self, stick: str, now_ms: int) -> str:
        """Return a fresh nonce for the stick."""
        return nonce.mint(self._nonce_key, stick, now_ms)

    def by_stick(
        self, organisation: str, stick_certificate: str, text: str, shape: type[Body], now_ms: int
    ) -> tuple[StickCertificate, Body]:
        """Return the stick and what it signed over a nonce of its own that still lives.

        Raises Problem(NOT_AUTHENTIC, CERTIFICATE_EXPIRED, MALFORMED or NONCE_EXPIRED).
        """
        ca_key = organisations.ca_key(self._reader, organisation)
        stick = certificate.verify(stick_certificate, ca_key, organisation=organisation, now_ms=now_ms)
        kind, life_ms = _KIND_AND_LIFE[shape]
        body = signed.verify(kind, text, stick.identity_key, shape)
        nonce.check(self._nonce_key, body.nonce, stick.stick, now_ms, life_ms=life_ms)
        return stick, body


def require_same(by_user: str, body: Body) -> None:
    """Raise Problem(NOT_AUTHENTIC) unless the user's statement says exactly what the stick's says."""
    if signed.unverified(by_user, type(body)) != body:
        raise Problem(Code.NOT_AUTHENTIC, detail={"statement": "by_user"})
