"""Password hashing as the server does it, with fewer rounds: what it protects against is no matter of the tests."""

from django.contrib.auth.hashers import PBKDF2PasswordHasher


class CheapHasher(PBKDF2PasswordHasher):
    """The same algorithm and form of hash, so that a server process of a test reads it."""

    iterations = 1_000
