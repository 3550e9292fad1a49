"""The entry for gunicorn, which serves as `hanare_server.serving` says.

All pages are loaded before the first request comes: they take a second and more, for which a stick would wait.
"""

import os
import sys

from django.core.wsgi import get_wsgi_application
from django.urls import get_resolver

from hanare_core.hardening import no_core_dumps
from hanare_core.long_lived import keep_for_long

SWITCH_S = 0.001
"""How long another request's thread may keep a stop waiting at each of its statements; Python's default is 5 ms."""

no_core_dumps()
sys.setswitchinterval(SWITCH_S)
os.environ.setdefault("DJANGO_SETTINGS_MODULE", "hanare_server.settings")

application = get_wsgi_application()
get_resolver().url_patterns  # noqa: B018 - reading it loads them
keep_for_long()
