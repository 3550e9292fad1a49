"""The `hanare api` command: a client of the JSON API that needs neither Django nor a database."""
