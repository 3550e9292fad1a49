"""PostgreSQL rings the bell itself, where an organisation's revision is written: one statement less before a stop holds.

The channel's name and the text are those that the hub listens to (docs/protocol.md).
"""

from django.db import migrations

RING = """
CREATE FUNCTION hanare_ring() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    PERFORM pg_notify('hanare_bell', NEW.id || ' ' || NEW.revision);
    RETURN NULL;
END $$
"""
TRIGGER = """
CREATE TRIGGER hanare_bell AFTER UPDATE OF revision ON directory_organisation
   FOR EACH ROW WHEN (OLD.revision IS DISTINCT FROM NEW.revision) EXECUTE FUNCTION hanare_ring()
"""


def forwards(apps, schema_editor):
    if schema_editor.connection.vendor == "postgresql":
        schema_editor.execute(RING, params=None)
        schema_editor.execute(TRIGGER, params=None)


def backwards(apps, schema_editor):
    if schema_editor.connection.vendor == "postgresql":
        schema_editor.execute("DROP TRIGGER hanare_bell ON directory_organisation", params=None)
        schema_editor.execute("DROP FUNCTION hanare_ring()", params=None)


class Migration(migrations.Migration):
    dependencies = [("access", "0006_lease_address"), ("directory", "0006_stick_virtual")]
    operations = [migrations.RunPython(forwards, backwards)]
