"""`python -m hanare_server COMMAND`: Django's commands and ours."""

import os
import sys

from django.core.management import execute_from_command_line

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "hanare_server.settings")
execute_from_command_line(["python -m hanare_server", *sys.argv[1:]])
