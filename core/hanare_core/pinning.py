"""The one TLS context of whoever calls the server: TLS 1.3, the pinned certificate as the only trust root.

Sticks, gateways and the kitting station hold that certificate from the day they were set up; no other authority counts.
The name in it is checked as well, its dates are not: whoever pins a certificate says by that how long it holds, and a
home PC's clock may say 1970. Of the gateway's carrier only the key is known (`pinned_key`).
"""

import ssl
from typing import Final

_NO_CHECK_TIME: Final = ssl.VerifyFlags(0x200000)
"""X509_V_FLAG_NO_CHECK_TIME of OpenSSL, for which Python has no name."""


def pinned(certificate: str) -> ssl.SSLContext:
    """Return a context that accepts this certificate (PEM text) and no other. Raises ssl.SSLError if it is none."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.minimum_version = ssl.TLSVersion.TLSv1_3
    context.verify_flags |= _NO_CHECK_TIME
    context.load_verify_locations(cadata=certificate)
    return context
