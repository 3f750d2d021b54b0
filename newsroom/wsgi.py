"""The site as a WSGI application, for Granian or any other server."""

import gc
import os

from django.core.wsgi import get_wsgi_application

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "newsroom.settings")
django_application = get_wsgi_application()

# Django is set up now.
from newsroom.caching.application import PageCache  # noqa: E402

application = PageCache(django_application)

# All this stays. To look through it for garbage takes 30 ms and more, and would now and
# then be part of somebody's page.
gc.collect()
gc.freeze()
