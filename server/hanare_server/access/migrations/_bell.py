"""PostgreSQL rings the bell itself, where an organisation's revision is written: one statement less before a stop holds.

The channel's name and the text are those that the hub listens to (docs/protocol.md).
"""

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


def make(apps, schema_editor):
    """Make the trigger."""
    if schema_editor.connection.vendor == "postgresql":
        schema_editor.execute(RING, params=None)
        schema_editor.execute(TRIGGER, params=None)
