"""The entry for gunicorn: `gunicorn hanare_server.wsgi:application`."""

import os

from django.core.wsgi import get_wsgi_application

from hanare_core.hardening import no_core_dumps

no_core_dumps()
os.environ.setdefault("DJANGO_SETTINGS_MODULE", "hanare_server.settings")

application = get_wsgi_application()
