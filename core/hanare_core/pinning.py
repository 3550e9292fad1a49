"""The one TLS context of whoever calls the server: TLS 1.3, the pinned certificate as the only trust root.

Sticks, gateways and the kitting station hold that certificate from the day they were set up; no other authority counts.
The name in it is checked as well.
"""

import ssl


def pinned(certificate: str) -> ssl.SSLContext:
    """Return a context that accepts this certificate (PEM text) and no other. Raises ssl.SSLError if it is none."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.minimum_version = ssl.TLSVersion.TLSv1_3
    context.load_verify_locations(cadata=certificate)
    return context
