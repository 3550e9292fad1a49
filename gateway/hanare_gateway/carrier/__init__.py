"""The carrier: WireGuard inside TLS 1.3 on TCP 443, for homes that let no UDP out. A process of its own.

It knows no key but its TLS key, decides nothing, and can reach nothing but the WireGuard port of its own host: whoever
gets through TLS meets the same silence as on UDP. What the process may do at all is held by nftables (its user may send
to that port only) and by seccomp.
"""
