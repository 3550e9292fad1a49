"""What tokens may do, and for how long they live, in words."""

from typing import Final

from django.utils.translation import gettext_lazy

from hanare_server.console.roles import Permission

SCOPES: Final = {
    Permission.LIVE_READ: gettext_lazy("Read who is using it now"),
    Permission.DIRECTORY_READ: gettext_lazy("Read users, departments, sticks and office PCs"),
    Permission.DIRECTORY_EDIT: gettext_lazy("Add, change and import users, departments, sticks and office PCs"),
    Permission.GATEWAYS_READ: gettext_lazy("Read gateways"),
    Permission.GATEWAYS_EDIT: gettext_lazy("Take gateways out of placement and back"),
    Permission.SETTINGS_READ: gettext_lazy("Read profiles"),
    Permission.SETTINGS_EDIT: gettext_lazy("Change profiles and the carrier; what loosens waits for a second person"),
    Permission.LOANS_READ: gettext_lazy("Read loans"),
    Permission.LEND: gettext_lazy("Lend and take back"),
    Permission.SUSPEND: gettext_lazy("Suspend"),
    Permission.RESUME: gettext_lazy("Resume"),
    Permission.CODE_ISSUE: gettext_lazy("Issue one-time codes"),
    Permission.HELP_DESK: gettext_lazy("Send messages to sticks, read how far they came, and ask for diagnostics"),
    Permission.EXPLAIN: gettext_lazy("Ask why a user cannot sign in"),
    Permission.HOURS_READ: gettext_lazy("Read working hours"),
    Permission.USAGE_READ: gettext_lazy("Read usage"),
    Permission.APPROVALS_READ: gettext_lazy("Read what waits for approval"),
    Permission.ADMINISTRATORS_READ: gettext_lazy("Read console accounts"),
    Permission.AUDIT_READ: gettext_lazy("Read the audit log"),
    Permission.EVIDENCE_READ: gettext_lazy("Read the evidence pack"),
}

LIVES: Final = {
    "30": gettext_lazy("30 days"),
    "90": gettext_lazy("90 days"),
    "365": gettext_lazy("365 days"),
}
