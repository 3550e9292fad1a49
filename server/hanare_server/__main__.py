"""`python -m hanare_server COMMAND`: Django's commands and ours."""

import os
import sys

from django.core.management import execute_from_command_line
from django.db import OperationalError

from hanare_core.hardening import no_core_dumps
from hanare_core.texts import Texts
from hanare_server.config import SettingsError

USAGE_STATUS = 2
NO_DATABASE_STATUS = 3

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "hanare_server.settings")
no_core_dumps()
try:
    execute_from_command_line(["python -m hanare_server", *sys.argv[1:]])
except SettingsError as error:
    sys.stderr.write(f"server: {error}\n")
    sys.exit(USAGE_STATUS)
except OperationalError as error:
    reason = str(error).strip()
    sys.stderr.write(Texts("hanare_server", "commands").text("fault.unusable", reason=reason) + "\n")
    sys.exit(NO_DATABASE_STATUS)
