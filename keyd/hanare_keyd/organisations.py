"""Organisations and their offline kitting CA's public key; they come by keyd's own command, never over the socket."""

import sqlite3

from hanare_core.problems import Code, Problem
from hanare_keyd.store import Moment


class CaKeyDiffersError(Exception):
    """The organisation is known with another CA key."""


def add(moment: Moment, organisation: str, ca_key: str) -> None:
    """Keep the organisation. Again with the same key changes nothing; raises CaKeyDiffersError for another key."""
    moment.database.execute("INSERT OR IGNORE INTO organisations VALUES (?, ?)", (organisation, ca_key))
    if _find(moment.database, organisation) != ca_key:
        raise CaKeyDiffersError


def ca_key(database: sqlite3.Connection, organisation: str) -> str:
    """Return the CA's Ed25519 public key. Raises Problem(NOT_AUTHENTIC) for an unknown organisation."""
    key = _find(database, organisation)
    if key is None:
        raise Problem(Code.NOT_AUTHENTIC, detail={"statement": "organisation"})
    return key


def _find(database: sqlite3.Connection, organisation: str) -> str | None:
    row = database.execute("SELECT ca_key FROM organisations WHERE id = ?", (organisation,)).fetchone()
    return None if row is None else str(row["ca_key"])
