"""Hanare installed in the lab's city: every process with its own user, settings, keys and log."""
