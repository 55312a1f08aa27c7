"""All settings, in one file. ``.env.example`` and the README list every environment variable it
reads (checked by a test).
"""

import os
import secrets
import sys
from pathlib import Path
from typing import Any

from csp.constants import NONE, SELF
from django.utils.translation import gettext_lazy as _
from redis.backoff import NoBackoff
from redis.retry import Retry

from servicedesk.databases import POSTGRES_SCHEMES, SQLITE_OPTIONS, database, read_only
from servicedesk.environment import EnvironmentVariables, broker_folder, mail_settings, wrong
from servicedesk.translations import compile_catalogues

env = EnvironmentVariables()

BASE_DIR = Path(__file__).resolve().parent.parent
VAR_DIR = Path(env.text("MESA_VAR", str(BASE_DIR / "var"))).resolve()
VAR_DIR.mkdir(parents=True, exist_ok=True, mode=0o700)
os.umask(0o077)  # what the product writes, it alone reads: database, files, keys, mails, logs

DEBUG = env.flag("MESA_DEBUG", default=False)
DEMO = env.flag("MESA_DEMO", default=False)


def _secret_key() -> str:
    """Return ``MESA_SECRET_KEY``, or the key that the first start wrote into the data folder."""
    given = env.text("MESA_SECRET_KEY")
    if given:
        if len(given) < 32:
            raise wrong("MESA_SECRET_KEY", "…", "give at least 32 random characters")
        return given
    path = VAR_DIR / "secret_key"
    if not path.exists():
        path.touch(mode=0o600)
        path.write_text(secrets.token_urlsafe(48))
    return path.read_text().strip()


SECRET_KEY = _secret_key()

# The public address; links in mails start with it.
PORT = env.number("PORT", 8000, low=1, high=65535)
MESA_URL = env.url("MESA_URL", ("http", "https"), f"http://127.0.0.1:{PORT}").rstrip("/")
ALLOWED_HOSTS = env.words("MESA_ALLOWED_HOSTS", "127.0.0.1,localhost,[::1]")
CSRF_TRUSTED_ORIGINS = [MESA_URL]
_SECURE = MESA_URL.startswith("https://")
SESSION_COOKIE_SECURE = CSRF_COOKIE_SECURE = _SECURE
LANGUAGE_COOKIE_SECURE = _SECURE
SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https") if _SECURE else None
SECURE_SSL_REDIRECT = _SECURE
SECURE_REDIRECT_EXEMPT = [r"^healthz$", r"^readyz$"]  # asked inside, without TLS
SECURE_HSTS_SECONDS = 31_536_000 if _SECURE else 0
SECURE_CONTENT_TYPE_NOSNIFF = True
SECURE_REFERRER_POLICY = "same-origin"
X_FRAME_OPTIONS = "DENY"
# Resources from our own origin only, besides data and blob images (DECISIONS 20).
CONTENT_SECURITY_POLICY = {
    "DIRECTIVES": {
        "default-src": [SELF],
        "img-src": [SELF, "data:", "blob:"],
        "object-src": [NONE],
        "base-uri": [NONE],
        "frame-ancestors": [NONE],
        "form-action": [SELF],
    }
}

INSTALLED_APPS = [
    "desk",  # before the admin: its templates and static files come first
    "desk.apps.MesaAdminConfig",
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.sessions",
    "django.contrib.messages",
    "django.contrib.staticfiles",
    "allauth",
    "allauth.account",
    "allauth.mfa",
    "rest_framework",
    "django_filters",
    "drf_spectacular",
    "drf_spectacular_sidecar",
    "django_htmx",
    "lucide",
    "csp",
    "foundation.core",
    "foundation.activity",
    "foundation.documents",
    "foundation.search",
    "foundation.accounts",
    "foundation.configuration",
    "foundation.calendars",
    "foundation.duty",
    "foundation.notifications",
    "foundation.webhooks",
    "catalog",
    "tickets",
    "sla",
    "escalation",
    "audits",
    "reports",
    "web",
    "portal",
    "api",
    "servicedesk",
]

MIDDLEWARE = [
    "django.middleware.security.SecurityMiddleware",
    "whitenoise.middleware.WhiteNoiseMiddleware",
    "web.middleware.KeptSessionMiddleware",
    "django.middleware.locale.LocaleMiddleware",
    "web.middleware.SlashMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "django.contrib.messages.middleware.MessageMiddleware",
    "allauth.account.middleware.AccountMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
    "csp.middleware.CSPMiddleware",
    "django_htmx.middleware.HtmxMiddleware",
    "web.middleware.IdleMiddleware",
    "web.middleware.BearerTokenMiddleware",
    "web.middleware.SecondFactorMiddleware",
    "web.middleware.PersonMiddleware",
]

ROOT_URLCONF = "servicedesk.urls"
WSGI_APPLICATION = "servicedesk.wsgi.application"
TEMPLATES = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "DIRS": [BASE_DIR / "templates"],
        "APP_DIRS": True,
        "OPTIONS": {
            "context_processors": [
                "django.template.context_processors.request",
                "django.template.context_processors.i18n",
                "django.contrib.auth.context_processors.auth",
                "django.contrib.messages.context_processors.messages",
                "web.context.frame",
            ],
        },
    }
]

# --- data -----------------------------------------------------------------------------------------
DATABASES = {"default": database(env.url("DATABASE_URL", POSTGRES_SCHEMES), VAR_DIR)}
# Simulations read through a connection that cannot write (SPEC 17.4).
READ_ONLY_DATABASE = "reader"
DATABASES[READ_ONLY_DATABASE] = read_only(DATABASES["default"])
# Migrations connect as the owner of the tables; other processes use a role that only reads and
# writes rows (DECISIONS 2).
DATABASE_OWNER_URL = env.url("DATABASE_OWNER_URL", POSTGRES_SCHEMES)
if DATABASE_OWNER_URL and sys.argv[1:2] in (["migrate"], ["prepare"], ["bench_load"]):
    DATABASES["default"] = database(DATABASE_OWNER_URL, VAR_DIR)
DATABASE_ROUTERS = ["servicedesk.routers.Router"]
REDIS_URL = env.url("REDIS_URL", ("redis", "rediss"))
if REDIS_URL:
    CACHES: dict[str, dict[str, Any]] = {
        "default": {
            "BACKEND": "servicedesk.cache.GuardedRedisCache",
            "LOCATION": REDIS_URL,
            "OPTIONS": {
                "serializer": "servicedesk.cache.JSONSerializer",
                "socket_connect_timeout": 0.3,
                "socket_timeout": 0.3,
                "retry": Retry(NoBackoff(), 0),
            },
        }
    }
else:
    DATABASES["cache"] = {
        "ENGINE": "django.db.backends.sqlite3",
        "NAME": VAR_DIR / "cache.sqlite3",
        "OPTIONS": SQLITE_OPTIONS,
    }
    CACHES = {
        "default": {
            "BACKEND": "servicedesk.cache.GuardedDatabaseCache",
            "LOCATION": "cache_entries",
            # Counters of rate limits are entries: 300, Django's default, would drop them early.
            "OPTIONS": {"MAX_ENTRIES": 100_000},
        }
    }
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"
MEDIA_ROOT = VAR_DIR / "media"  # no public URL: a view serves the files, by the ticket's permission
FILE_UPLOAD_HANDLERS = [
    "django.core.files.uploadhandler.MemoryFileUploadHandler",
    "web.spooling.SpooledUploadHandler",
]
FILE_UPLOAD_PERMISSIONS = 0o600
FILE_UPLOAD_DIRECTORY_PERMISSIONS = 0o700
FILE_UPLOAD_MAX_MEMORY_SIZE = 1024 * 1024
DATA_UPLOAD_MAX_MEMORY_SIZE = 12 * 1024 * 1024  # what is too long is refused at its field
DATA_UPLOAD_MAX_NUMBER_FIELDS = 50_000
DATA_UPLOAD_MAX_NUMBER_FILES = 5_000  # of a form with too many, the text is kept
CSRF_FAILURE_VIEW = "web.resending.csrf_failed"

# --- people ---------------------------------------------------------------------------------------
AUTH_USER_MODEL = "accounts.User"
AUTHENTICATION_BACKENDS = ["allauth.account.auth_backends.AuthenticationBackend"]
AUTH_PASSWORD_VALIDATORS = [
    {"NAME": "django.contrib.auth.password_validation.UserAttributeSimilarityValidator"},
    {
        "NAME": "django.contrib.auth.password_validation.MinimumLengthValidator",
        "OPTIONS": {"min_length": 10},
    },
    {"NAME": "django.contrib.auth.password_validation.CommonPasswordValidator"},
]
# What one customer may do in an hour, on all doors together; service accounts ten times as much.
MESA_HOURLY_LIMITS = env.amounts(
    "MESA_HOURLY_LIMITS",
    {
        "tickets": 60,
        "replies": 120,
        "files": 200,
        "escalations": 10,
        "audits": 5,
        "visits": 20,
        "guests": 100,
    },
)
MESA_TOKEN_DAYS = env.number("MESA_TOKEN_DAYS", 365, low=1, high=1095)
MESA_IDLE_MINUTES = env.number("MESA_IDLE_MINUTES", 720, low=5, high=20160)
LOGIN_URL = "account_login"
LOGIN_REDIRECT_URL = "home"
ACCOUNT_LOGOUT_REDIRECT_URL = "account_login"
ACCOUNT_ADAPTER = "web.adapter.AccountAdapter"
ACCOUNT_USER_MODEL_USERNAME_FIELD = None
ACCOUNT_LOGIN_METHODS = {"email"}
ACCOUNT_SIGNUP_FIELDS = ["email*", "password1*", "password2*"]
ACCOUNT_EMAIL_VERIFICATION = "none"  # an administrator enters each person's address
ACCOUNT_SESSION_REMEMBER = None
# Number of proxies in front: rate limits of the login use the client address before them.
ALLAUTH_TRUSTED_PROXY_COUNT = env.number("MESA_PROXIES", 0, low=0, high=5)
MFA_SUPPORTED_TYPES = ["totp", "recovery_codes"]
# Roles of the staff whose people must set up a second factor before they do anything else. The
# demonstration's shared logins are exempt (DECISIONS 36).
MESA_SECOND_FACTOR_ROLES = env.words(
    "MESA_SECOND_FACTOR_ROLES", "" if DEMO else "administrator,bpo"
)
MFA_FORMS = {"activate_totp": "web.mfa.ActivateForm"}

# --- work outside the request ---------------------------------------------------------------------
CELERY_BROKER_URL = REDIS_URL or "filesystem://"
if not REDIS_URL:
    CELERY_BROKER_TRANSPORT_OPTIONS = broker_folder(VAR_DIR / "broker")
else:
    # A frozen Redis holds nobody for long; a worker asks for tasks every second.
    CELERY_BROKER_CONNECTION_TIMEOUT = 1
    CELERY_BROKER_CONNECTION_MAX_RETRIES = None  # a worker waits for Redis as long as it takes
    CELERY_BROKER_TRANSPORT_OPTIONS = {"socket_connect_timeout": 1, "socket_timeout": 5}
CELERY_TASK_PUBLISH_RETRY = False
CELERY_TASK_IGNORE_RESULT = True
CELERY_TASK_ACKS_LATE = True
CELERY_WORKER_PREFETCH_MULTIPLIER = 1
CELERY_WORKER_ENABLE_REMOTE_CONTROL = False
CELERY_BROKER_CONNECTION_RETRY_ON_STARTUP = True
CELERY_TASK_DEFAULT_QUEUE = "clocks"
CELERY_TASK_TIME_LIMIT = 300
CELERY_TIMEZONE = "UTC"
CELERY_BEAT_SCHEDULE_FILENAME = str(VAR_DIR / "beat")

# --- mail -----------------------------------------------------------------------------------------
_EMAIL_URL = env.url(
    "EMAIL_URL", ("smtp", "smtp+ssl", "console", "file"), f"file://{VAR_DIR / 'mail'}"
)
for _name, _value in mail_settings(_EMAIL_URL).items():
    globals()[_name] = _value
DEFAULT_FROM_EMAIL = env.text("MESA_FROM_EMAIL", "Mesa <mesa@mesa.example>")
MESA_MAIL_DOMAIN = DEFAULT_FROM_EMAIL.rpartition("@")[2].rstrip("> ") or "mesa.example"

# --- webhooks -------------------------------------------------------------------------------------
# Private networks to which webhooks may be sent. Empty: public addresses alone.
MESA_WEBHOOK_NETWORKS = env.networks("MESA_WEBHOOK_NETWORKS")
# PEM file of the certificate authorities that webhooks trust. Empty: the public ones.
MESA_WEBHOOK_CA_FILE = env.text("MESA_WEBHOOK_CA_FILE", "")
if MESA_WEBHOOK_CA_FILE and not Path(MESA_WEBHOOK_CA_FILE).is_file():
    raise wrong("MESA_WEBHOOK_CA_FILE", MESA_WEBHOOK_CA_FILE, "name a file in PEM that exists")
# Days for which events that have ended are kept, with what was sent.
MESA_WEBHOOK_DAYS = env.number("MESA_WEBHOOK_DAYS", 30, low=1, high=3650)

# --- words, time, numbers -------------------------------------------------------------------------
LANGUAGE_CODE = "es"
FORMAT_MODULE_PATH = "foundation.core.formats"
LANGUAGES = [("es", _("Spanish")), ("en", _("English"))]
LOCALE_PATHS = [BASE_DIR / "locale"]
compile_catalogues(LOCALE_PATHS[0])
USE_TZ = True
TIME_ZONE = "UTC"
# PEM files: key and certificate that sign evidence. Empty: made on first use, in the data folder.
MESA_SIGNING_KEY = env.text("MESA_SIGNING_KEY", "")
MESA_SIGNING_CERTIFICATE = env.text("MESA_SIGNING_CERTIFICATE", "")
MESA_SIGNER_NAME = env.text("MESA_SIGNER_NAME", "Mesa")
if bool(MESA_SIGNING_KEY) != bool(MESA_SIGNING_CERTIFICATE):
    raise wrong(
        "MESA_SIGNING_CERTIFICATE",
        MESA_SIGNING_CERTIFICATE,
        "give key and certificate together, or neither",
    )
# Notified of a request to manipulate information. Empty: the audit area is notified.
MESA_ETHICS_EMAILS = [
    each.strip() for each in env.text("MESA_ETHICS_EMAILS", "").split(",") if each.strip()
]
# A folder that the ``converter`` service watches for office documents. Empty: LibreOffice runs in
# bubblewrap on this server.
MESA_CONVERTER_SPOOL = env.text("MESA_CONVERTER_SPOOL", "")
# Days to keep evidence after its contract has ended.
MESA_EVIDENCE_RETENTION_DAYS = env.number("MESA_EVIDENCE_RETENTION_DAYS", 1825, low=1, high=36500)
LOG_LEVELS = ("DEBUG", "INFO", "WARNING", "ERROR", "CRITICAL")
MESA_LOG_LEVEL = env.text("MESA_LOG_LEVEL", "WARNING").upper()
if MESA_LOG_LEVEL not in LOG_LEVELS:
    raise wrong("MESA_LOG_LEVEL", MESA_LOG_LEVEL, f"write one of {', '.join(LOG_LEVELS)}")
MESA_UNDO_SECONDS = env.number("MESA_UNDO_SECONDS", 10, low=0, high=60)
MESA_TICKET_PREFIX = env.text("MESA_TICKET_PREFIX", "TK")
if not MESA_TICKET_PREFIX.isalpha():
    raise wrong("MESA_TICKET_PREFIX", MESA_TICKET_PREFIX, "use letters only, such as TK")

STATIC_URL = "/static/"
STATIC_ROOT = VAR_DIR / "static"
STATICFILES_DIRS = [BASE_DIR / "static"]
STORAGES = {
    "default": {"BACKEND": "django.core.files.storage.FileSystemStorage"},
    "staticfiles": {"BACKEND": "django.contrib.staticfiles.storage.ManifestStaticFilesStorage"},
}

REST_FRAMEWORK = {
    "DEFAULT_AUTHENTICATION_CLASSES": ["api.authentication.MiddlewareAuthentication"],
    "DEFAULT_PERMISSION_CLASSES": ["rest_framework.permissions.IsAuthenticated"],
    "DEFAULT_RENDERER_CLASSES": ["rest_framework.renderers.JSONRenderer"],
    "DEFAULT_PARSER_CLASSES": ["api.parsers.JSONParser"],
    "DEFAULT_FILTER_BACKENDS": ["django_filters.rest_framework.DjangoFilterBackend"],
    "DEFAULT_PAGINATION_CLASS": "api.pagination.TicketPagination",
    "DEFAULT_SCHEMA_CLASS": "drf_spectacular.openapi.AutoSchema",
    "EXCEPTION_HANDLER": "api.errors.handle",
    "PAGE_SIZE": 50,
    "UNAUTHENTICATED_USER": "django.contrib.auth.models.AnonymousUser",
}
SPECTACULAR_SETTINGS = {
    "TITLE": "Mesa API",
    "VERSION": "1",
    "DESCRIPTION": "Raise, follow and answer tickets; read service-level reports.",
    "SERVE_INCLUDE_SCHEMA": False,
    "SERVE_PERMISSIONS": ["rest_framework.permissions.IsAuthenticated"],
    "SWAGGER_UI_DIST": "SIDECAR",
    "SWAGGER_UI_FAVICON_HREF": "SIDECAR",
    "ENUM_NAME_OVERRIDES": {
        "PriorityEnum": "api.tickets.serializers.PRIORITY_CODES",
        "StateEnum": "tickets.states.State",
        "ClockStateEnum": "sla.clocks.models.ClockState",
        "AuditStateEnum": "audits.models.AuditState",
    },
}

LOGGING = {
    "version": 1,
    "disable_existing_loggers": False,
    "formatters": {"line": {"format": "%(asctime)s %(levelname)s %(name)s %(message)s"}},
    "handlers": {"stderr": {"class": "logging.StreamHandler", "formatter": "line"}},
    "root": {"handlers": ["stderr"], "level": MESA_LOG_LEVEL},
    "loggers": {
        "pyhanko": {"level": "CRITICAL"},
        "pypdf": {"level": "ERROR"},
    },  # our own code reports damaged files
}
