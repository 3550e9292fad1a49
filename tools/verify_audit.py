#!/usr/bin/env python3
r"""Verify an exported audit log of Hanare, independently: this one file, Python and PyNaCl, nothing of Hanare's.

usage: verify_audit.py EXPORT --key KEY [--witness FILE]... [--language ja|en]

EXPORT is what `audit_export` wrote. KEY is keyd's checkpoint key (`hanare_keyd.admin SETTINGS checkpoint-key`), noted
down when Hanare was set up. A WITNESS is any text with checkpoints in it that was kept elsewhere: a gateway's
checkpoint file, the syslog copy. Each row's hash is SHA-256 over "hanare/1/audit-row\n" and the row as canonical JSON
with the hash before it. Checkpoints are Ed25519 over "hanare/1/audit-checkpoint\n" and their body; they show what a
chain cannot: rows cut off, or all written anew. Exit status: 0 it holds, 1 faults, 2 not usable.
"""

import argparse
import base64
import hashlib
import json
import os
import re
import sys
from collections.abc import Iterable, Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from nacl.exceptions import CryptoError
from nacl.signing import VerifyKey

ROW_DOMAIN = b"hanare/1/audit-row\n"
CHECKPOINT_DOMAIN = b"hanare/1/audit-checkpoint\n"
HASH_BYTES = 32
FAULTS_SHOWN = 20
STATEMENT = re.compile(r"[A-Za-z0-9_-]{40,4096}\.[A-Za-z0-9_-]{86}")

WORDS = {
    "en": {
        "row": "row {first}",
        "rows": "rows {first} to {last}",
        "changed": "row {number}: its content does not match its hash, or it does not follow row {before}",
        "missing": "missing: {span}",
        "order": "row {number} stands where row {expected} belongs",
        "cut": "cut off: {span}; keyd sealed row {last} at {time}",
        "rewritten": "written anew: {span}; keyd sealed another row {last} at {time}",
        "forged": "a checkpoint is not signed by the given key",
        "broken": "the export is not complete: line {number} cannot be read or the end is missing",
        "unsealed": "no checkpoint covers {span}: the hashes hold, nobody outside vouches for them",
        "holds": "{organisation}: {rows} rows hold; {checkpoints} checkpoints, {witnesses} of them from witnesses",
        "more": "… and {number} more faults",
    },
    "ja": {
        "row": "第{first}行",
        "rows": "第{first}行から第{last}行",
        "changed": "第{number}行：内容がハッシュと一致しないか、第{before}行に続いていません",
        "missing": "{span}がありません",
        "order": "第{expected}行の位置に第{number}行があります",
        "cut": "{span}が切り取られています（keydは{time}に第{last}行を封印しています）",
        "rewritten": "{span}が書き換えられています（keydが{time}に封印した第{last}行と異なります）",
        "forged": "指定された鍵で署名されていないチェックポイントがあります",
        "broken": "書き出しが不完全です：{number}行目を読み取れないか、末尾がありません",
        "unsealed": "{span}を含むチェックポイントはまだありません（ハッシュは一致しています）",
        "holds": "{organisation}：{rows}行すべてに改ざんはありません（封印{checkpoints}件、うち控え{witnesses}件）",
        "more": "… ほかに{number}件の誤りがあります",
    },
}


class Log:
    """One export while it is read: hashes by number, checkpoints, faults."""

    def __init__(self) -> None:
        self.organisation = ""
        self.hashes = bytearray()
        self.previous = "0" * 64
        self.statements: list[str] = []
        self.faults: list[tuple[str, dict[str, Any]]] = []
        self.ended = False

    @property
    def rows(self) -> int:
        """Number of the newest row."""
        return len(self.hashes) // HASH_BYTES

    def fault(self, kind: str, **facts: object) -> None:
        """Note one fault."""
        self.faults.append((kind, facts))

    def take(self, row: dict[str, Any]) -> None:
        """Check one row against the one before it."""
        shown, number = row.pop("row_hash"), row["number"]
        self.organisation = self.organisation or row["organisation"]
        if number != self.rows + 1:
            self._gap(number)
        row["previous_hash"] = self.previous
        if _hash(row) != shown:
            self.fault("changed", number=number, before=number - 1)
        self.hashes += bytes.fromhex(shown)
        self.previous = shown

    def _gap(self, number: int) -> None:
        expected = self.rows + 1
        if number < expected:
            self.fault("order", number=number, expected=expected)
            return
        self.fault("missing", first=expected, last=number - 1)
        self.hashes += bytes(HASH_BYTES) * (number - expected)

    def hash_of(self, number: int) -> str:
        """Return the hash that the log shows for a row."""
        return self.hashes[(number - 1) * HASH_BYTES : number * HASH_BYTES].hex()


def main() -> int:
    """Verify; return the exit status."""
    options = _options()
    words = WORDS[options.language]
    log = Log()
    with Path(options.export).open("rb") as file:
        _read(log, file)
    witnesses = [found for path in options.witness for found in STATEMENT.findall(Path(path).read_text("utf-8"))]
    last_sealed = _seals(log, options.key, {*log.statements, *witnesses})
    for kind, facts in log.faults[:FAULTS_SHOWN]:
        print(_said(words, kind, facts))
    if log.faults:
        if len(log.faults) > FAULTS_SHOWN:
            print(words["more"].format(number=len(log.faults) - FAULTS_SHOWN))
        return 1
    if last_sealed < log.rows:
        print(_said(words, "unsealed", {"first": last_sealed + 1, "last": log.rows}))
    counts = {"rows": log.rows, "checkpoints": len({*log.statements, *witnesses}), "witnesses": len(set(witnesses))}
    print(words["holds"].format(organisation=log.organisation, **counts))
    return 0


def _said(words: dict[str, str], kind: str, facts: dict[str, Any]) -> str:
    """Return the sentence; `span` in it is one row, or the rows from the first to the last."""
    span = "" if "first" not in facts else words["row" if facts["first"] == facts["last"] else "rows"].format(**facts)
    return words[kind].format(span=span, **facts)


def _options() -> argparse.Namespace:
    language = "ja" if os.environ.get("LANG", "").startswith("ja") else "en"
    parser = argparse.ArgumentParser(description="Verify an exported audit log of Hanare. / 監査ログを検証します。")
    parser.add_argument("export")
    parser.add_argument("--key", required=True, help="keyd's checkpoint key, base64url")
    parser.add_argument("--witness", action="append", default=[], help="file with checkpoints kept elsewhere")
    parser.add_argument("--language", choices=sorted(WORDS), default=language)
    return parser.parse_args()


def _read(log: Log, lines: Iterable[bytes]) -> None:
    number = 0
    for number, line in enumerate(lines, start=1):
        try:
            content = json.loads(line)
            if "checkpoint" in content:
                log.statements.append(content["checkpoint"])
            elif "end" in content:
                log.ended = True
            else:
                log.take(content)
        except (ValueError, KeyError, TypeError):
            log.fault("broken", number=number)
            return
    if not log.ended:
        log.fault("broken", number=number + 1)


def _seals(log: Log, key: str, statements: Iterable[str]) -> int:
    """Hold the log against every checkpoint of its organisation; return the newest number that one covers."""
    good = 0
    for seal in sorted(_verified(log, key, statements), key=lambda seal: seal["number"]):
        number = seal["number"]
        facts = {"first": good + 1, "last": number, "time": _moment(seal["time_ms"])}
        if number > log.rows:
            log.fault("cut", **{**facts, "first": log.rows + 1})
        elif log.hash_of(number) != seal["row_hash"]:
            log.fault("rewritten", **facts)
        else:
            good = number
    return good


def _verified(log: Log, key: str, statements: Iterable[str]) -> Iterator[dict[str, Any]]:
    verifier = VerifyKey(_bytes(key))
    for statement in sorted(set(statements)):
        body, _, signature = statement.partition(".")
        try:
            content = json.loads(_bytes(body))
            if "row_hash" not in content:
                continue  # another statement of Hanare's in a witness file
            verifier.verify(CHECKPOINT_DOMAIN + _bytes(body), _bytes(signature))
        except (CryptoError, ValueError):
            log.fault("forged")
            continue
        if content["organisation"] == log.organisation:
            yield content


def _hash(row: dict[str, Any]) -> str:
    text = json.dumps(row, sort_keys=True, separators=(",", ":"), ensure_ascii=False)
    return hashlib.sha256(ROW_DOMAIN + text.encode("utf-8")).hexdigest()


def _bytes(text: str) -> bytes:
    return base64.urlsafe_b64decode(text + "=" * (-len(text) % 4))


def _moment(time_ms: int) -> str:
    return datetime.fromtimestamp(time_ms / 1000, UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


if __name__ == "__main__":
    sys.exit(main())
