"""The product's settings, with the switches a test needs: a memory cache per process, quick
passwords, files in a temporary folder.
"""

import os
import tempfile

# A process of xdist inherits the folder of the one that started it: it gets its own all the same,
# because a test deletes the files without a row in its database.
if "MESA_VAR" not in os.environ or "PYTEST_XDIST_WORKER" in os.environ:
    os.environ["MESA_VAR"] = tempfile.mkdtemp(prefix="mesa-tests-")
os.environ.pop("MESA_DEMO", None)

from servicedesk.settings import *  # noqa: E402, F403
from servicedesk.settings import DATABASES, MIDDLEWARE, STORAGES  # noqa: E402

# nothing is collected for tests
MIDDLEWARE = [name for name in MIDDLEWARE if "whitenoise" not in name]

MESA_UNDO_SECONDS = 0  # what is sent is sent, but in the tests of taking it back
PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]
CACHES = {"default": {"BACKEND": "django.core.cache.backends.locmem.LocMemCache"}}
DATABASES.pop("cache", None)
# A test sees its own transaction alone; that the reader cannot write is tested with real processes.
DATABASES.pop("reader", None)
READ_ONLY_DATABASE = "default"
DATABASE_ROUTERS: list[str] = []  # type: ignore[no-redef]
if os.environ.get("DATABASE_OWNER_URL"):
    # The test database is made by its owner; that the app's own role is enough is tested with real
    # processes.
    import dj_database_url

    DATABASES["default"] = dict(dj_database_url.parse(os.environ["DATABASE_OWNER_URL"]))
STORAGES = {
    **STORAGES,
    "staticfiles": {"BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage"},
}
# Tests of the second factor switch it on.
MESA_SECOND_FACTOR_ROLES: list[str] = []  # type: ignore[no-redef]
# Tests issue tokens at fixed instants of the past.
MESA_TOKEN_DAYS = 36500
EMAIL_BACKEND = "django.core.mail.backends.locmem.EmailBackend"
# Wake-ups of the worker stay in this process's memory: the tests call tasks themselves, or start a
# real worker.
CELERY_BROKER_URL = "memory://"
CELERY_BROKER_TRANSPORT_OPTIONS: dict[str, object] = {}  # type: ignore[no-redef]
