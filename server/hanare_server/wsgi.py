"""The entry for gunicorn, which serves as `hanare_server.serving` says.

All pages are loaded before the first request comes: they take a second and more, for which a stick would wait. What is
loaded then stays for ever, so the garbage collector leaves it alone: a stop would wait 50 ms while it walks through.
"""

import gc
import os
import sys

from django.core.wsgi import get_wsgi_application
from django.urls import get_resolver

from hanare_core.hardening import no_core_dumps

SWITCH_S = 0.001
"""How long another request's thread may keep a stop waiting at each of its statements; Python's default is 5 ms."""

no_core_dumps()
sys.setswitchinterval(SWITCH_S)
os.environ.setdefault("DJANGO_SETTINGS_MODULE", "hanare_server.settings")

application = get_wsgi_application()
get_resolver().url_patterns  # noqa: B018 - reading it loads them
gc.collect()
gc.freeze()
