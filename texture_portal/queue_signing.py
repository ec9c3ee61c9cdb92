"""What is in the queue stays good while the secret key is exchanged.

django-q2 1.11 checks its packages by a signer of its own, which knows one key only; Django's knows the fallbacks too.
"""

from django.core import signing
from django_q import core_signing
from django_q.conf import Conf


def take_fallbacks() -> None:
    core_signing.Signer.unsign = signing.Signer.unsign


def sign_with(key: str) -> None:
    """From now on, in this process."""
    Conf.SECRET_KEY = key
