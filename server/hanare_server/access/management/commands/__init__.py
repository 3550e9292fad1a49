"""Commands of `python -m hanare_server`."""
