"""The site as a WSGI application, for Granian or any other server."""

import os

from django.core.wsgi import get_wsgi_application

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "newsroom.settings")
django_application = get_wsgi_application()

# Django is set up now.
from newsroom.caching.application import PageCache  # noqa: E402

application = PageCache(django_application)
