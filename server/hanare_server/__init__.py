"""Hanare's server: the directory, the access decision, the console and the API. One feature a folder."""
