"""The two views that the hub reads, with a role that may read nothing else (docs/protocol.md, "Between the server's processes").

A later column comes last: so PostgreSQL replaces the view and keeps who may read it.
"""

PARTY = """
CREATE VIEW hub_party (organisation, kind, id, identity_key, certificate, state, code, epoch, revision,
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

LEASE = """
CREATE VIEW hub_lease (organisation, lease, session, stick, "user", department, gateway, state, reason,
                       certificate, ticket, address, targets, ttl_ms, grace_ms, ends_ms, revision, settings) AS
SELECT lease.organisation_id, lease.id, session.id, session.stick_id, session.user_id, session.department_id,
       lease.gateway_id, lease.state, lease.reason, stick.certificate, session.ticket, {address}, lease.targets,
       lease.ttl_ms, lease.grace_ms, lease.ends_ms, lease.revision, lease.settings
  FROM access_lease AS lease
  JOIN access_session AS session ON session.id = lease.session_id
  JOIN directory_stick AS stick ON stick.id = session.stick_id
"""

# PostgreSQL keeps addresses as inet; the hub wants text on both databases.
ADDRESS = {"sqlite": "lease.address", "postgresql": "host(lease.address)"}


def make(apps, schema_editor):
    """Make both views."""
    schema_editor.execute(PARTY, params=None)
    schema_editor.execute(LEASE.format(address=ADDRESS[schema_editor.connection.vendor]), params=None)
