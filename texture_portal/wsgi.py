"""The WSGI application that gunicorn serves."""

import os
from importlib import import_module

from django.conf import settings
from django.core.wsgi import get_wsgi_application

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "texture_portal.settings")
application = get_wsgi_application()
import_module(settings.ROOT_URLCONF)  # every view before the fork, not within the first request of each worker
