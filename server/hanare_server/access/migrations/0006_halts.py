"""Halts, and their rows in the hub's first view: id is `kind:id`, code says whether the halt stands."""

import django.db.models.deletion
from django.db import migrations, models

PARTY = """
CREATE VIEW hub_party (organisation, kind, id, identity_key, certificate, state, code, epoch, revision) AS
SELECT id, 'organisation', id, server_key, '', 'present',
       CASE state WHEN 'off' THEN 'organisation-off' ELSE '' END, epoch, revision
  FROM directory_organisation
UNION ALL
SELECT organisation_id, 'gateway', id, identity_key, '',
       CASE state WHEN 'active' THEN 'present' ELSE 'gone' END, '', 0, revision
  FROM directory_gateway
UNION ALL
SELECT organisation_id, 'stick', id, identity_key, certificate,
       CASE WHEN state IN ('revoked', 'replaced') THEN 'gone' ELSE 'present' END,
       CASE state WHEN 'suspended' THEN 'suspended' WHEN 'quarantined' THEN 'stick-quarantined'
                  WHEN 'locked' THEN 'stick-locked' ELSE '' END, 0, revision
  FROM directory_stick
UNION ALL
SELECT organisation_id, 'halt', kind || ':' || identifier, '', '', 'present',
       CASE WHEN stands THEN 'halted' ELSE 'resumed' END, epoch, revision
  FROM access_halt
"""


def _replace_view(_apps, schema_editor):
    schema_editor.execute("DROP VIEW hub_party", params=None)
    schema_editor.execute(PARTY, params=None)


class Migration(migrations.Migration):
    dependencies = [
        ("access", "0005_reasons_are_codes"),
        ("directory", "0001_initial"),
    ]
    operations = [
        migrations.CreateModel(
            name="Halt",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("kind", models.CharField(max_length=16)),
                ("identifier", models.CharField(max_length=64)),
                ("stands", models.BooleanField()),
                ("epoch", models.BigIntegerField()),
                ("revision", models.BigIntegerField(default=0)),
                (
                    "organisation",
                    models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, to="directory.organisation"),
                ),
            ],
        ),
        migrations.AddConstraint(
            model_name="halt",
            constraint=models.UniqueConstraint(fields=("organisation", "kind", "identifier"), name="one_halt_a_thing"),
        ),
        migrations.RunPython(_replace_view, migrations.RunPython.noop),
    ]
