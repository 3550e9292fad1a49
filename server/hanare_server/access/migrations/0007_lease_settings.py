"""What a session's stick obeys stands in its leases, and the hub reads it there."""

from django.db import migrations, models

VIEW = """
{create} VIEW hub_lease (organisation, lease, session, stick, "user", department, gateway, state, reason,
                       certificate, ticket, address, targets, ttl_ms, grace_ms, ends_ms, revision{name}) AS
SELECT lease.organisation_id, lease.id, session.id, session.stick_id, session.user_id, session.department_id,
       lease.gateway_id, lease.state, lease.reason, stick.certificate, session.ticket, {address}, lease.targets,
       lease.ttl_ms, lease.grace_ms, lease.ends_ms, lease.revision{column}
  FROM access_lease AS lease
  JOIN access_session AS session ON session.id = lease.session_id
  JOIN directory_stick AS stick ON stick.id = session.stick_id
"""

ADDRESS = {"sqlite": "lease.address", "postgresql": "host(lease.address)"}


def forwards(apps, schema_editor):
    vendor = schema_editor.connection.vendor
    # PostgreSQL keeps the view, and with it what the hub's role was granted; a new column may only stand last.
    create = "CREATE OR REPLACE" if vendor == "postgresql" else "CREATE"
    if vendor == "sqlite":
        schema_editor.execute("DROP VIEW hub_lease", params=None)
    view = VIEW.format(create=create, name=", settings", column=", lease.settings", address=ADDRESS[vendor])
    schema_editor.execute(view, params=None)


def backwards(apps, schema_editor):
    schema_editor.execute("DROP VIEW hub_lease", params=None)
    address = ADDRESS[schema_editor.connection.vendor]
    schema_editor.execute(VIEW.format(create="CREATE", name="", column="", address=address), params=None)


class Migration(migrations.Migration):
    dependencies = [("access", "0006_halts")]
    operations = [
        migrations.AddField("lease", "settings", models.TextField(default="")),
        migrations.RunPython(forwards, backwards),
    ]
