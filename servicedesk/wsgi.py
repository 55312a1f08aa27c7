import gc
import os

from django.core.wsgi import get_wsgi_application
from django.urls import get_resolver

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "servicedesk.settings")
application = get_wsgi_application()
# Import every view now: the workers of ``--preload`` share what was loaded before the fork, and
# nobody's first page waits for it.
assert get_resolver().url_patterns
gc.collect()
gc.freeze()  # collecting garbage would write to, and so copy, the shared pages
