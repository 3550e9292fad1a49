"""The egress proxy for permitted web applications: Debian's squid, configured here, and its helper that decides.

The agent writes which session may open which names; the helper reads it; squid carries. Squid sees CONNECT to port 443
and nothing of what is inside; nftables hold its user to that port and to the resolvers.
"""
