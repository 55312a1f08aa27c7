import gc
import os

from django.core.wsgi import get_wsgi_application
from django.urls import get_resolver

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "servicedesk.settings")
application = get_wsgi_application()
# Import every view before the fork (``--preload``): workers share this memory, and no first page
# waits for the import.
assert get_resolver().url_patterns
gc.collect()
gc.freeze()  # collecting garbage would write to, and so copy, the shared pages
