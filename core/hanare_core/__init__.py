"""Hanare's pure rules, without I/O: messages, keys, sign-in, leases, audit. Imports nothing else of ours."""
