"""The words of the audit log for people. Every act and every kind of thing must stand here (a test sees to it)."""

from typing import Final

from django.utils.translation import gettext_lazy, pgettext_lazy

from hanare_server.audit.log import Act

ACTS: Final = {
    Act.ADDED: gettext_lazy("Added"),
    Act.API_TOKEN_MADE: gettext_lazy("API token made"),
    Act.API_TOKEN_REVOKED: gettext_lazy("API token revoked"),
    Act.AUDIT_EXPORTED: gettext_lazy("Audit log exported"),
    Act.CHANGED: gettext_lazy("Changed"),
    Act.CODE_ISSUED: gettext_lazy("One-time code issued"),
    Act.CONSOLE_REFUSED: gettext_lazy("Console sign-in refused"),
    Act.CONSOLE_SIGNED_IN: gettext_lazy("Signed in to the console"),
    Act.CONSOLE_SIGNED_OUT: gettext_lazy("Signed out of the console"),
    Act.DIAGNOSTICS_ASKED: gettext_lazy("Diagnostics asked for"),
    Act.DIAGNOSTICS_RECEIVED: gettext_lazy("Diagnostics received"),
    Act.FACTOR_REMOVED: gettext_lazy("Second factor removed"),
    Act.FACTOR_SET: gettext_lazy("Second factor set"),
    Act.GENERATION_ADOPTED: gettext_lazy("Generation adopted after a restore"),
    Act.LEFT: gettext_lazy("Left"),
    Act.LENT: gettext_lazy("Lent"),
    Act.LOCKED: gettext_lazy("Locked"),
    Act.LOST: gettext_lazy("Reported lost"),
    Act.MESSAGE_SENT: gettext_lazy("Message sent"),
    Act.MISUSE_SUSPECTED: gettext_lazy("Misuse suspected"),
    Act.ORIGINAL_CONFIRMED: gettext_lazy("Original confirmed"),
    Act.PIN_CHANGED: gettext_lazy("PIN changed"),
    Act.PIN_SET: gettext_lazy("PIN set"),
    Act.PROFILE_ASSIGNED: gettext_lazy("Profile assigned"),
    Act.QUARANTINED: gettext_lazy("Quarantined"),
    Act.REGISTER_REFUSED: gettext_lazy("Registration refused"),
    Act.REGISTERED: gettext_lazy("Registered"),
    Act.REMINDED: gettext_lazy("Reminded of an overdue loan"),
    Act.RESTORED: gettext_lazy("Restored from a backup"),
    Act.RESUMED: gettext_lazy("Resumed"),
    Act.RETIRED: gettext_lazy("Retired"),
    Act.SEALED_CODE_ISSUED: gettext_lazy("Sealed code issued"),
    Act.SEALED_CODE_REFUSED: gettext_lazy("Sealed code refused"),
    Act.SEALED_CODE_USED: gettext_lazy("SEALED CODE USED"),
    Act.SESSION_ENDED: gettext_lazy("Session ended"),
    Act.SESSION_OPENED: gettext_lazy("Session opened"),
    Act.SETTINGS_CHANGED: gettext_lazy("Settings changed"),
    Act.SET_BACK: gettext_lazy("Older backup noticed"),
    Act.SIGN_IN_REFUSED: gettext_lazy("Sign-in refused"),
    Act.STOPPED: gettext_lazy("Packets stopped"),
    Act.SUSPENDED: gettext_lazy("Suspended"),
    Act.TAKEN_BACK: gettext_lazy("Taken back"),
    Act.TOKEN_ISSUED: gettext_lazy("Registration token issued"),
}

THINGS: Final = {
    "administrator": gettext_lazy("Administrator"),
    "api-token": gettext_lazy("API token"),
    "command": gettext_lazy("Command"),
    "department": gettext_lazy("Department"),
    "gateway": gettext_lazy("Gateway"),
    "office-pc": gettext_lazy("Office PC"),
    "organisation": gettext_lazy("Organisation"),
    "profile": gettext_lazy("Profile"),
    "session": pgettext_lazy("one use", "Session"),
    "stick": gettext_lazy("Stick"),
    "system": gettext_lazy("System"),
    "user": gettext_lazy("User"),
}
