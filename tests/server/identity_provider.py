"""A provider of identities by OpenID Connect, as a program of its own: allauth's, with one user and one client.

python -m tests.server.identity_provider FOLDER PORT CALLBACK
"""

import sys
from pathlib import Path
from typing import Final
from wsgiref.simple_server import make_server

import django
from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat
from django.conf import settings
from django.core.management import call_command
from django.core.wsgi import get_wsgi_application
from django.urls import include, path

USER: Final = "sato"
PASSWORD: Final = "their own password there"
CLIENT: Final = "hanare"
SECRET: Final = "a secret of both systems"


def main() -> None:
    """Serve until killed."""
    folder, port, callback = sys.argv[1:]
    key = rsa.generate_private_key(public_exponent=65537, key_size=2048)
    settings.configure(
        ALLOWED_HOSTS=["*"],
        AUTHENTICATION_BACKENDS=["django.contrib.auth.backends.ModelBackend"],
        DATABASES={"default": {"ENGINE": "django.db.backends.sqlite3", "NAME": str(Path(folder) / "idp.sqlite3")}},
        IDP_OIDC_PRIVATE_KEY=key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()).decode(),
        INSTALLED_APPS=[
            "django.contrib.auth",
            "django.contrib.contenttypes",
            "django.contrib.messages",
            "django.contrib.sessions",
            "allauth",
            "allauth.account",
            "allauth.idp.oidc",
        ],
        ACCOUNT_EMAIL_VERIFICATION="none",
        MIDDLEWARE=[
            "django.contrib.sessions.middleware.SessionMiddleware",
            "django.contrib.auth.middleware.AuthenticationMiddleware",
            "django.contrib.messages.middleware.MessageMiddleware",
            "allauth.account.middleware.AccountMiddleware",
        ],
        PASSWORD_HASHERS=["tests.server.cheap.CheapHasher"],
        SECRET_KEY="of a test",
        TEMPLATES=[
            {
                "BACKEND": "django.template.backends.django.DjangoTemplates",
                "APP_DIRS": True,
                "OPTIONS": {"context_processors": ["django.template.context_processors.request"]},
            }
        ],
        USE_TZ=True,
    )
    django.setup()
    settings.ROOT_URLCONF = (
        path("accounts/", include("allauth.account.urls")),
        path("", include("allauth.idp.urls")),
    )
    call_command("migrate", verbosity=0)
    _fill(callback)
    with make_server("127.0.0.1", int(port), get_wsgi_application()) as server:
        server.serve_forever()


def _fill(callback: str) -> None:
    from allauth.idp.oidc.models import Client  # noqa: PLC0415 models are there only now
    from django.contrib.auth import get_user_model  # noqa: PLC0415 as above

    get_user_model().objects.create_user(USER, "sato@example.jp", PASSWORD)
    client = Client(
        id=CLIENT, name="Hanare", redirect_uris=callback, scopes="openid\nprofile\nemail", skip_consent=True
    )
    client.set_secret(SECRET)
    client.save()


if __name__ == "__main__":
    main()
