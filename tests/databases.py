"""Where processes that tests start find their database: never the one that is in use beside the tests."""

from urllib.parse import urlsplit

from django.conf import settings


def url_of_database(name: str) -> str:
    """The same server, another database."""
    return urlsplit(settings.DATABASE_URL)._replace(path=f"/{name}").geturl()
