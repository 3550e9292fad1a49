"""TOTP against RFC 6238, Appendix B, whose codes end in the six digits that we use."""

import base64

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hanare_core import totp
from hanare_core.problems import Code, Problem

SECRET = base64.b32encode(b"12345678901234567890").decode()
VECTORS = {
    59: "94287082",
    1111111109: "07081804",
    1111111111: "14050471",
    1234567890: "89005924",
    2000000000: "69279037",
}


@pytest.mark.parametrize(("seconds", "code"), VECTORS.items())
def test_vectors(seconds: int, code: str) -> None:
    """The codes are the RFC's, cut to six digits, and the step is the RFC's T."""
    assert totp.code_at(SECRET, seconds * 1000) == code[-totp.DIGITS :]
    assert totp.matching_step(SECRET, code[-totp.DIGITS :], time_ms=seconds * 1000) == seconds // 30


@given(st.integers(0, 2**40), st.integers(-3, 3))
def test_window(now_steps: int, away: int) -> None:
    """A code holds in its own step and one on each side, and tells its step."""
    now_ms = now_steps * totp.STEP_MS
    shown = max(0, now_steps + away)
    step = totp.matching_step(SECRET, totp.code_at(SECRET, shown * totp.STEP_MS), time_ms=now_ms)
    if abs(shown - now_steps) <= totp.WINDOW_STEPS:
        assert step is not None
        assert abs(step - now_steps) <= totp.WINDOW_STEPS
        assert totp.code_at(SECRET, step * totp.STEP_MS) == totp.code_at(SECRET, shown * totp.STEP_MS)


@pytest.mark.parametrize("code", ["", "94287082", "28708", "２８７０８２", "abcdef"])
def test_no_such_code(code: str) -> None:
    """Anything but the six digits of a near step matches nothing."""
    assert totp.matching_step(SECRET, code, time_ms=59_000) is None


def test_secret() -> None:
    """A fresh secret has 160 bits in 32 base32 characters; what is no secret is refused."""
    one, two = totp.new_secret(), totp.new_secret()
    assert one != two
    assert len(one) == 32
    assert len(base64.b32decode(one)) == totp.SECRET_BYTES
    for wrong in ("", "AAAA", "not base32!", "a" * 32):
        with pytest.raises(Problem) as refused:
            totp.code_at(wrong, 0)
        assert refused.value.code is Code.MALFORMED
