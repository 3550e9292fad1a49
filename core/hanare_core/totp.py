"""Time-based one-time passwords: RFC 6238 with SHA-1, six digits, 30 seconds, as every authenticator app has them.

The step that matched is returned, so that the caller can store it and refuse it the second time (RFC 6238 §5.2).
"""

import base64
import binascii
import hmac
import secrets
from typing import Final

from cryptography.hazmat.primitives.hashes import SHA1
from cryptography.hazmat.primitives.twofactor.totp import TOTP

from hanare_core.problems import Code, Problem

STEP_MS: Final = 30_000
"""Life of one code, milliseconds."""

DIGITS: Final = 6

SECRET_BYTES: Final = 20
"""The size of the HMAC's output (RFC 4226 §4, R6); 32 base32 characters without padding."""

WINDOW_STEPS: Final = 1
"""Steps accepted on each side, for a telephone's clock and slow typing (RFC 6238 §5.2)."""


def new_secret() -> str:
    """Return a fresh secret in base32 (RFC 4648 §6)."""
    return base64.b32encode(secrets.token_bytes(SECRET_BYTES)).decode("ascii")


def code_at(secret: str, time_ms: int) -> str:
    """Return the six digits for this Unix time in milliseconds. Raises Problem(MALFORMED) when secret is none."""
    return _code(_generator(secret), time_ms // STEP_MS)


def matching_step(secret: str, code: str, *, time_ms: int) -> int | None:
    """Return the step (Unix time / 30 s) near time_ms whose code this is, or None."""
    generator = _generator(secret)
    now = time_ms // STEP_MS
    matches = [
        step
        for step in range(max(0, now - WINDOW_STEPS), now + WINDOW_STEPS + 1)
        if hmac.compare_digest(_code(generator, step).encode("ascii"), code.encode("utf-8"))
    ]
    return matches[0] if matches else None


def _generator(secret: str) -> TOTP:
    try:
        key = base64.b32decode(secret)
        return TOTP(key, DIGITS, SHA1(), STEP_MS // 1000)  # noqa: S303 - what RFC 6238 and the apps use
    except (binascii.Error, ValueError) as error:
        raise Problem(Code.MALFORMED, detail={"path": "totp_secret"}) from error


def _code(generator: TOTP, step: int) -> str:
    return generator.generate(step * STEP_MS // 1000).decode("ascii")
