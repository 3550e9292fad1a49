"""Mutation testing of what decides access: of the mutants of each module its tests must notice nine in ten.

The soak part `mutation`. Every survivor must stand in docs/mutation.md with the reason why it stays; one that does not
is a missing test, and fails the part. What the document calls equivalent is no fault, so it is none of the ten.
"""

import os
import re
import subprocess
import sys
from pathlib import Path
from typing import Final

import pytest

from tests.figures import figure

ROOT: Final = Path(__file__).parents[2]
LISTED: Final = ROOT / "docs" / "mutation.md"
NOTICED: Final = 0.9
MOST: Final = int(os.environ.get("HANARE_MUTANTS", "1000"))
"""Mutants of each module: all of them, or a sample where the machine has no hour."""

STICK_FLOWS: Final = [
    "tests/core/test_sign_in.py",
    "tests/core/test_sign_in_factors.py",
    "tests/core/test_first_pin.py",
    "tests/core/test_change_pin.py",
]
MODULES: Final = {
    "core/hanare_core/certificate.py": ["tests/core/test_statements.py"],
    "core/hanare_core/ticket.py": ["tests/core/test_statements.py"],
    "core/hanare_core/signed.py": ["tests/core/test_statements.py"],
    "core/hanare_core/oprf.py": ["tests/core/test_oprf.py"],
    "core/hanare_core/ratchet.py": ["tests/core/test_ratchet.py"],
    "core/hanare_core/sign_in.py": STICK_FLOWS,
    "core/hanare_core/effects.py": STICK_FLOWS,
    "core/hanare_core/pin.py": ["tests/core/test_pin.py"],
    "keyd/hanare_keyd/counters.py": [
        "tests/keyd/test_prove.py",
        "tests/keyd/test_upkeep.py",
        "tests/keyd/test_counters.py",
    ],
    "keyd/hanare_keyd/attempts.py": [
        "tests/keyd/test_sign_in.py",
        "tests/keyd/test_first_pin.py",
        "tests/keyd/test_change_pin.py",
        "tests/keyd/test_prove.py",
        "tests/keyd/test_upkeep.py",
        "tests/keyd/test_counters.py",
    ],
    "keyd/hanare_keyd/sign_in.py": ["tests/keyd/test_sign_in.py", "tests/keyd/test_security_key.py"],
    "keyd/hanare_keyd/security_key.py": ["tests/keyd/test_security_key.py"],
    "server/hanare_server/access/decision.py": ["--noconftest", "tests/server/test_decision.py"],
    "server/hanare_server/sticks/ratchet.py": [
        "-p",
        "pytest_django.plugin",
        "tests/server/test_ratchet_rules.py",
        "tests/server/test_ratchet.py",
    ],
}
"""The tests of each, quick ones first: the first that fails ends a mutant."""


@pytest.mark.soak
@pytest.mark.timeout(3500)
@pytest.mark.parametrize("module", MODULES)
def test_nine_of_ten_mutants_are_noticed(module: str) -> None:
    """At least nine of ten changed places fail a test, and the others are listed with a reason."""
    command = [sys.executable, "tools/mutate.py", module, f"--most={MOST}", "--", "-m", "not lab", *MODULES[module]]
    surroundings = {name: value for name, value in os.environ.items() if not name.startswith("PYTEST_")}
    done = subprocess.run(command, cwd=ROOT, env=surroundings, capture_output=True, text=True, check=False)
    found = re.search(r": (\d+) of (\d+) killed", done.stdout)
    print(done.stdout)  # noqa: T201 - the survivors, for whoever looks why it failed
    assert found is not None, done.stderr
    killed, tried = map(int, found.groups())
    document = LISTED.read_text(encoding="utf-8")
    tried -= len(equivalent(done.stdout, document))
    figure(f"{module.partition('/')[0]}_{Path(module).stem}", killed / tried, f"of {tried} killed")
    assert killed >= NOTICED * tried, done.stdout
    assert unlisted(done.stdout, document) == []


def unlisted(printed: str, document: str) -> list[str]:
    """Return the survivors that no row of the document names by module, line of code and change."""
    return [survivor for survivor, row in _survivors(printed, document) if not row]


def equivalent(printed: str, document: str) -> list[str]:
    """Return the survivors whose reason begins with "equivalent": no test can notice them, because nothing changes."""
    return [survivor for survivor, row in _survivors(printed, document) if "| equivalent: " in row]


def _survivors(printed: str, document: str) -> list[tuple[str, str]]:
    """Return each survivor with its row, which is empty where there is none."""
    survivors = re.findall(r"^survived: (\S+?):\d+: (.+): (`.+`)$", printed, re.MULTILINE)
    rows = [row for row in document.splitlines() if row.startswith("| ")]
    return [
        (
            f"{module}: {change}: {code}",
            next((row for row in rows if row.startswith(f"| {module} | {code} | {change} |")), ""),
        )
        for module, change, code in survivors
    ]


def test_a_survivor_without_a_reason_is_told() -> None:
    """Only a row with module, code and change lists a survivor, and only one that is equivalent is left out."""
    printed = "survived: core/a.py:3: number: `LIMIT = 5`\nsurvived: core/a.py:9: and/or: `if a and b:`\n"
    listed = "| core/a.py | `LIMIT = 5` | number | %s |"
    assert unlisted(printed, listed % "a cache") == ["core/a.py: and/or: `if a and b:`"]
    assert equivalent(printed, listed % "a cache") == []
    assert equivalent(printed, listed % "equivalent: a cache") == ["core/a.py: number: `LIMIT = 5`"]
