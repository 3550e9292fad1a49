"""A stick that changes its keys has two certificates, and the gateways hear of both."""

from django.db import migrations

PARTY = """
{create} VIEW hub_party (organisation, kind, id, identity_key, certificate, state, code, epoch, revision,
                         next_certificate) AS
SELECT id, 'organisation', id, server_key, '', 'present',
       CASE state WHEN 'off' THEN 'organisation-off' ELSE '' END, epoch, revision, ''
  FROM directory_organisation
UNION ALL
SELECT organisation_id, 'gateway', id, identity_key, '',
       CASE state WHEN 'active' THEN 'present' ELSE 'gone' END, '', 0, revision, ''
  FROM directory_gateway
UNION ALL
SELECT organisation_id, 'stick', id, identity_key, certificate,
       CASE WHEN state IN ('revoked', 'replaced') THEN 'gone' ELSE 'present' END,
       CASE state WHEN 'suspended' THEN 'suspended' WHEN 'quarantined' THEN 'stick-quarantined'
                  WHEN 'locked' THEN 'stick-locked' ELSE '' END, 0, revision, next_certificate
  FROM directory_stick
UNION ALL
SELECT organisation_id, 'halt', kind || ':' || identifier, '', '', 'present',
       CASE WHEN stands THEN 'halted' ELSE 'resumed' END, epoch, revision, ''
  FROM access_halt
"""


def _replace_view(_apps, schema_editor):
    # PostgreSQL keeps the view, and with it what the hub's role was granted; a new column may only stand last.
    create = "CREATE OR REPLACE" if schema_editor.connection.vendor == "postgresql" else "CREATE"
    if create == "CREATE":
        schema_editor.execute("DROP VIEW hub_party", params=None)
    schema_editor.execute(PARTY.format(create=create), params=None)


class Migration(migrations.Migration):
    dependencies = [
        ("access", "0007_lease_settings"),
        ("directory", "0004_rekey"),
    ]
    operations = [migrations.RunPython(_replace_view, migrations.RunPython.noop)]
