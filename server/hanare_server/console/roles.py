"""What each role may do. A view names one permission; this table alone says which roles have it.

What a role may do says nothing of which rows it sees: that is `hanare_server.console.scope`.
"""

from collections.abc import Mapping
from enum import StrEnum
from typing import Final

from django.db import models
from django.utils.translation import gettext_lazy


class Role(models.TextChoices):
    """The role of a console account, from the least to the most."""

    VIEWER = "viewer", gettext_lazy("Viewer")
    CONTACT = "contact", gettext_lazy("Department contact")
    OPERATOR = "operator", gettext_lazy("Operator")
    ADMINISTRATOR = "administrator", gettext_lazy("Administrator")
    AUDITOR = "auditor", gettext_lazy("Auditor")
    PROVIDER = "provider", gettext_lazy("Provider")


class Permission(StrEnum):
    """Everything that a view may ask for, in alphabetical order."""

    ACCOUNT = "account"
    """One's own account: password, second factor, language, sign-out."""
    ADMINISTRATORS_EDIT = "administrators-edit"
    ADMINISTRATORS_READ = "administrators-read"
    APPROVALS_READ = "approvals-read"
    APPROVE = "approve"
    AUDIT_EXPORT = "audit-export"
    AUDIT_READ = "audit-read"
    CODE_ISSUE = "code-issue"
    DIRECTORY_EDIT = "directory-edit"
    DIRECTORY_READ = "directory-read"
    EVIDENCE_READ = "evidence-read"
    EXPLAIN = "explain"
    GATEWAYS_EDIT = "gateways-edit"
    GATEWAYS_READ = "gateways-read"
    HELP_DESK = "help-desk"
    HOURS_READ = "hours-read"
    LEND = "lend"
    LIVE_READ = "live-read"
    LOANS_READ = "loans-read"
    MONITORING_EDIT = "monitoring-edit"
    MONITORING_READ = "monitoring-read"
    ORGANISATIONS_READ = "organisations-read"
    REKEY = "rekey"
    """To ask for new keys for every stick; begun by a second person's yes."""
    RELEASES_EDIT = "releases-edit"
    RELEASES_READ = "releases-read"
    RESUME = "resume"
    SETTINGS_EDIT = "settings-edit"
    SETTINGS_READ = "settings-read"
    SUSPEND = "suspend"
    TOKENS = "tokens"
    USAGE_READ = "usage-read"


_P: Final = Permission

_CONTACT: Final = frozenset(
    {
        _P.ACCOUNT,
        _P.CODE_ISSUE,
        _P.DIRECTORY_READ,
        _P.LEND,
        _P.LIVE_READ,
        _P.LOANS_READ,
        _P.SUSPEND,
        _P.USAGE_READ,
    }
)

_VIEWER: Final = frozenset(
    {
        _P.ACCOUNT,
        _P.DIRECTORY_READ,
        _P.GATEWAYS_READ,
        _P.LIVE_READ,
        _P.LOANS_READ,
        _P.MONITORING_READ,
        _P.RELEASES_READ,
        _P.SETTINGS_READ,
        _P.USAGE_READ,
    }
)

_AUDITOR: Final = _VIEWER | {
    _P.ADMINISTRATORS_READ,
    _P.APPROVALS_READ,
    _P.AUDIT_EXPORT,
    _P.AUDIT_READ,
    _P.EVIDENCE_READ,
    _P.EXPLAIN,
    _P.HOURS_READ,
}

_OPERATOR: Final = _VIEWER | {
    _P.APPROVALS_READ,
    _P.CODE_ISSUE,
    _P.DIRECTORY_EDIT,
    _P.EXPLAIN,
    _P.GATEWAYS_EDIT,
    _P.HELP_DESK,
    _P.LEND,
    _P.RESUME,
    _P.SUSPEND,
}

_ADMINISTRATOR: Final = (
    _OPERATOR
    | _AUDITOR
    | {
        _P.ADMINISTRATORS_EDIT,
        _P.APPROVE,
        _P.MONITORING_EDIT,
        _P.REKEY,
        _P.RELEASES_EDIT,
        _P.SETTINGS_EDIT,
        _P.TOKENS,
    }
)

_PROVIDER: Final = _VIEWER | {_P.EXPLAIN, _P.MONITORING_EDIT, _P.ORGANISATIONS_READ, _P.SUSPEND}

GRANTS: Final[Mapping[Role, frozenset[Permission]]] = {
    Role.VIEWER: _VIEWER,
    Role.CONTACT: _CONTACT,
    Role.OPERATOR: _OPERATOR,
    Role.ADMINISTRATOR: _ADMINISTRATOR,
    Role.AUDITOR: _AUDITOR,
    Role.PROVIDER: _PROVIDER,
}


OF_A_PERSON: Final = frozenset({_P.ACCOUNT, _P.APPROVE, _P.TOKENS})
"""What only somebody's own account may: the one of a sealed code has no owner, no factor, and leaves nothing behind."""


def may(role: str, permission: Permission) -> bool:
    """Return whether the role has the permission; a role that is not known has none."""
    return role in GRANTS and permission in GRANTS[Role(role)]
