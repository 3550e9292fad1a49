"""The cache table: counts of tries and used one-time codes, for all processes alike."""

from django.core.management import call_command


def make(apps, schema_editor):
    """Make the table."""
    call_command("createcachetable", "hanare_cache", database=schema_editor.connection.alias, verbosity=0)
