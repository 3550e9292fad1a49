"""What the stick's flows share."""

from collections.abc import Iterator

import pytest
from nacl.pwhash import argon2id

from hanare_core import envelope


@pytest.fixture(scope="module")
def cheap_envelopes() -> Iterator[None]:
    """Let Argon2id cost next to nothing: a flow is tried a hundred times, and test_envelope.py knows the real cost."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(envelope, "ARGON2_MEMORY_BYTES", argon2id.MEMLIMIT_MIN)
        patch.setattr(envelope, "ARGON2_PASSES", argon2id.OPSLIMIT_MIN)
        yield
