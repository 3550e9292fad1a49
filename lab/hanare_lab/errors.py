"""The lab's one error type: what went wrong, for the person at the terminal."""

from __future__ import annotations


class LabError(Exception):
    """The lab cannot do what it was asked; the message ends with what to do or where to look."""
