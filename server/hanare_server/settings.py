"""Django's settings, made from the server's one TOML file (`hanare_server.config`)."""

from pathlib import Path
from typing import Final

from hanare_server import config as _config

_HERE: Final = Path(__file__).resolve().parent

HANARE = _config.load()

SECRET_KEY = _config.secret(HANARE)
DEBUG = False
ALLOWED_HOSTS = list(HANARE.hosts)
ROOT_URLCONF = "hanare_server.urls"
WSGI_APPLICATION = "hanare_server.wsgi.application"
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"

INSTALLED_APPS = [
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.messages",
    "django.contrib.sessions",
    "django.contrib.staticfiles",
    "hanare_server.directory",
    "hanare_server.audit",
    "hanare_server.profiles",
    "hanare_server.reports",
    "hanare_server.helpdesk",
    "hanare_server.evidence",
    "hanare_server.access",
    "hanare_server.sticks",
    "hanare_server.rekey",
    "hanare_server.console",
    "hanare_server.lending",
    "hanare_server.administrators",
    "hanare_server.api",
    "allauth",
    "allauth.account",
    "allauth.mfa",
    "allauth.socialaccount",
    "allauth.socialaccount.providers.openid_connect",
    "hanare_server.emergency",
    "hanare_server.approvals",
    "hanare_server.jobs",
    "hanare_server.ldap_directory",
]

MIDDLEWARE = [
    "hanare_server.console.headers.SecurityHeaders",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.locale.LocaleMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "django.contrib.messages.middleware.MessageMiddleware",
    "allauth.account.middleware.AccountMiddleware",
    "hanare_server.console.second_factor.SecondFactorWanted",
]

TEMPLATES = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "APP_DIRS": True,
        "OPTIONS": {
            "context_processors": [
                "django.template.context_processors.request",
                "django.contrib.messages.context_processors.messages",
                "hanare_server.console.frame.frame",
            ],
        },
    },
]

DATABASES = {"default": _config.database(HANARE)}

AUTH_USER_MODEL = "console.Administrator"
AUTHENTICATION_BACKENDS = [
    "hanare_server.console.first_password.AccountBackend",
    "hanare_server.ldap_directory.sign_in.DirectoryBackend",
]
AUTH_PASSWORD_VALIDATORS = [
    {
        "NAME": "django.contrib.auth.password_validation.MinimumLengthValidator",
        "OPTIONS": {"min_length": 12},
    },
    {"NAME": "django.contrib.auth.password_validation.CommonPasswordValidator"},
    {"NAME": "django.contrib.auth.password_validation.NumericPasswordValidator"},
]
LOGIN_URL = "account_login"
LOGIN_REDIRECT_URL = "console:live"

# Tries and used codes are counted for all processes together, so in the database.
CACHES = {
    "default": {
        "BACKEND": "django.core.cache.backends.db.DatabaseCache",
        "LOCATION": "hanare_cache",
        "OPTIONS": {"MAX_ENTRIES": 10_000},
    }
}

ACCOUNT_ADAPTER = "hanare_server.console.sign_in.AccountAdapter"
ACCOUNT_FORMS = {"change_password": "hanare_server.console.first_password.ChangePassword"}
ACCOUNT_LOGIN_METHODS = {"username"}
ACCOUNT_SIGNUP_FIELDS = ["username*", "password1*"]
ACCOUNT_USER_MODEL_USERNAME_FIELD = "name"
ACCOUNT_USER_MODEL_EMAIL_FIELD = None
ACCOUNT_EMAIL_VERIFICATION = "none"
ACCOUNT_SESSION_REMEMBER = False
ACCOUNT_LOGOUT_REDIRECT_URL = "account_login"
ACCOUNT_PRESERVE_USERNAME_CASING = False
# Ten wrong tries at once, per network and per (account, network), then one a minute. Over all networks a hundred an
# hour, of each browser that is known and of all strangers of an account together (`hanare_server.console.sign_in`).
ACCOUNT_RATE_LIMITS = {
    "login": "30/m/ip",
    "login_failed": "10/m/ip,10/10m/key",
    "login_failed_anywhere": "100/h/key",
    "reauthenticate": "10/m/user",
}
ACCOUNT_DEFAULT_HTTP_PROTOCOL = "https" if HANARE.tls else "http"
SOCIALACCOUNT_ADAPTER = "hanare_server.console.identities.IdentityAdapter"
SOCIALACCOUNT_PROVIDERS = _config.identity_providers(HANARE)
MFA_ADAPTER = "hanare_server.console.sign_in.FactorAdapter"
MFA_SUPPORTED_TYPES = ["totp", "webauthn", "recovery_codes"]
MFA_PASSKEY_LOGIN_ENABLED = True
MFA_WEBAUTHN_USER_VERIFICATION = "required"
MFA_TOTP_ISSUER = "Hanare"
MFA_TOTP_TOLERANCE = 0
MFA_RECOVERY_CODES_SHOW_ONCE = True
# Accounts have no mail address to verify; an administrator makes them.
MFA_ALLOW_UNVERIFIED_EMAIL = True

# Re-authentication after 12 hours at the latest (NIST SP 800-63B, AAL2).
SESSION_COOKIE_AGE = 12 * 3600
SESSION_EXPIRE_AT_BROWSER_CLOSE = True
SESSION_COOKIE_NAME = "hanare_console"
SESSION_COOKIE_HTTPONLY = True
SESSION_COOKIE_SAMESITE = "Strict"
SESSION_COOKIE_SECURE = HANARE.tls
# What a page says once after a form: in the session, not in a cookie of its own.
MESSAGE_STORAGE = "django.contrib.messages.storage.session.SessionStorage"
CSRF_COOKIE_NAME = "hanare_csrf"
CSRF_COOKIE_SAMESITE = "Strict"
CSRF_COOKIE_SECURE = HANARE.tls
CSRF_COOKIE_HTTPONLY = True
CSRF_TRUSTED_ORIGINS = list(HANARE.origins)
LANGUAGE_COOKIE_NAME = "hanare_language"
LANGUAGE_COOKIE_SAMESITE = "Strict"
LANGUAGE_COOKIE_SECURE = HANARE.tls
LANGUAGE_COOKIE_HTTPONLY = True

# The largest form confirms a CSV import and brings its file along; the stick API bounds its bodies itself.
DATA_UPLOAD_MAX_MEMORY_SIZE = 8 * 1024 * 1024
DATA_UPLOAD_MAX_NUMBER_FIELDS = 200

EMAIL_BACKEND = f"django.core.mail.backends.{'smtp' if HANARE.mail_host else 'dummy'}.EmailBackend"
EMAIL_HOST = HANARE.mail_host
EMAIL_PORT = HANARE.mail_port
EMAIL_TIMEOUT = 10
DEFAULT_FROM_EMAIL = HANARE.mail_from

LANGUAGE_CODE = HANARE.language
LANGUAGES = [("ja", "日本語"), ("en", "English")]
LOCALE_PATHS = [_HERE / "locale"]
USE_I18N = True
USE_TZ = True
TIME_ZONE = "Asia/Tokyo"

STATIC_URL = "/static/"
STATICFILES_DIRS = [_HERE / "static"]

LOGGING = {
    "version": 1,
    "disable_existing_loggers": False,
    "formatters": {"json": {"()": "hanare_core.log_lines.LogLine", "room": "server"}},
    "handlers": {"stderr": {"class": "logging.StreamHandler", "formatter": "json"}},
    "root": {"handlers": ["stderr"], "level": "INFO"},
    # A refused request is no event of ours: codes are counted where they are made.
    # The PDF's engine tells each of its steps.
    "loggers": {
        "django.request": {"level": "ERROR"},
        "weasyprint": {"level": "ERROR"},
        "fontTools": {"level": "ERROR"},
    },
}
