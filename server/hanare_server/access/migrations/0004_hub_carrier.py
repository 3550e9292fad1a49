"""hub_party says of each organisation whether its carrier is off.

The column comes last, so that PostgreSQL replaces the view and keeps who may read it.
"""

from django.db import migrations

PARTY = """
VIEW hub_party (organisation, kind, id, identity_key, certificate, state, code, epoch, revision,
                         next_certificate, carrier) AS
SELECT id, 'organisation', id, server_key, '', 'present',
       CASE state WHEN 'off' THEN 'organisation-off' ELSE '' END, epoch, revision, '',
       CASE WHEN carrier THEN 'on' ELSE 'off' END
  FROM directory_organisation
UNION ALL
SELECT organisation_id, 'gateway', id, identity_key, '',
       CASE state WHEN 'active' THEN 'present' ELSE 'gone' END, '', 0, revision, '', ''
  FROM directory_gateway
UNION ALL
SELECT organisation_id, 'stick', id, identity_key, certificate,
       CASE WHEN state IN ('revoked', 'replaced') THEN 'gone' ELSE 'present' END,
       CASE state WHEN 'suspended' THEN 'suspended' WHEN 'quarantined' THEN 'stick-quarantined'
                  WHEN 'locked' THEN 'stick-locked' ELSE '' END, 0, revision, next_certificate, ''
  FROM directory_stick
UNION ALL
SELECT organisation_id, 'halt', kind || ':' || identifier, '', '', 'present',
       CASE WHEN stands THEN 'halted' ELSE 'resumed' END, epoch, revision, '', ''
  FROM access_halt
"""


def forwards(apps, schema_editor):
    if schema_editor.connection.vendor == "postgresql":
        schema_editor.execute(f"CREATE OR REPLACE {PARTY}", params=None)
        return
    schema_editor.execute("DROP VIEW hub_party", params=None)
    schema_editor.execute(f"CREATE {PARTY}", params=None)


class Migration(migrations.Migration):
    dependencies = [
        ("access", "0003_remove_session_session_state_session_session_state_and_more"),
        ("directory", "0004_organisation_carrier"),
    ]
    operations = [migrations.RunPython(forwards, migrations.RunPython.noop)]
