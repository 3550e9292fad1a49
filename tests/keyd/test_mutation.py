"""Mutation testing of what decides access: of a sample of mutants of each module its tests must notice nine in ten.

The soak part `mutation`; survivors are printed with their places, and are a missing test or of no effect.
"""

import re
import subprocess
import sys
from pathlib import Path
from typing import Final

import pytest

from tests.figures import figure

ROOT: Final = Path(__file__).parents[2]
SAMPLE: Final = 40
NOTICED: Final = 0.9

MODULES: Final = {
    "core/hanare_core/certificate.py": ["tests/core/test_statements.py"],
    "core/hanare_core/ticket.py": ["tests/core/test_statements.py"],
    "core/hanare_core/signed.py": ["tests/core/test_statements.py"],
    "core/hanare_core/oprf.py": ["tests/core/test_oprf.py"],
    "core/hanare_core/ratchet.py": ["tests/core/test_ratchet.py"],
    "core/hanare_core/sign_in.py": ["tests/core/test_sign_in.py"],
    "core/hanare_core/pin.py": ["tests/core/test_pin.py"],
    "keyd/hanare_keyd/counters.py": ["tests/keyd/test_counters.py", "tests/keyd/test_upkeep.py"],
    "keyd/hanare_keyd/sign_in.py": ["tests/keyd/test_sign_in.py", "tests/keyd/test_security_key.py"],
    "keyd/hanare_keyd/security_key.py": ["tests/keyd/test_security_key.py"],
    "server/hanare_server/access/decision.py": ["tests/server/test_decision.py"],
}


@pytest.mark.soak
@pytest.mark.timeout(3500)
@pytest.mark.parametrize("module", MODULES)
def test_nine_of_ten_mutants_are_noticed(module: str) -> None:
    """Of a sample of changed places at least nine in ten fail a test."""
    command = [sys.executable, "tools/mutate.py", module, "--most", str(SAMPLE), "--", *MODULES[module]]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
    found = re.search(r": (\d+) of (\d+) killed", done.stdout)
    assert found is not None, done.stderr
    killed, tried = map(int, found.groups())
    figure(f"killed_{Path(module).stem}", killed / tried, "of 1")
    assert killed >= NOTICED * tried, done.stdout
