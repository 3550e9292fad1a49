"""A public key as people compare it on two screens: six groups of five digits, the same in every language.

About 100 bits of SHA-256: nobody finds a second key with the same digits. Both the kitting station and the console show
it when a stick is registered; a key that was exchanged on the way shows other digits.
"""

import hashlib
from typing import Final

GROUPS: Final = 6
DIGITS: Final = 5

_GROUP_BYTES: Final = 5
"""40 bits a group, reduced to five digits: the bias is under 10⁻⁷."""


def digits(public_key: str) -> str:
    """Return the fingerprint of a public key (base64url text), groups divided by a space."""
    digest = hashlib.sha256(b"hanare/1/fingerprint\n" + public_key.encode("ascii")).digest()
    parts = (digest[start : start + _GROUP_BYTES] for start in range(0, GROUPS * _GROUP_BYTES, _GROUP_BYTES))
    return " ".join(f"{int.from_bytes(part, 'big') % 10**DIGITS:0{DIGITS}}" for part in parts)
