"""Migrations of long work."""
