"""The peers as Debian ships them, each between home PC and gateway: OpenVPN over UDP and TCP, ocserv over DTLS.

Defaults of their packages wherever there is a choice; certificates instead of passwords for OpenVPN (quicker), a
password for ocserv's account. No packet filter stands in their way. Both route the office's network to the client.
"""
