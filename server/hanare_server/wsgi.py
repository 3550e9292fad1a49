"""The entry for gunicorn: `gunicorn hanare_server.wsgi:application`.

All pages are loaded before the first request comes: they take a second and more, for which a stick would wait.
"""

import os

from django.core.wsgi import get_wsgi_application
from django.urls import get_resolver

from hanare_core.hardening import no_core_dumps

no_core_dumps()
os.environ.setdefault("DJANGO_SETTINGS_MODULE", "hanare_server.settings")

application = get_wsgi_application()
get_resolver().url_patterns  # noqa: B018 - reading it loads them
