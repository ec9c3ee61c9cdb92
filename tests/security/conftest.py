"""Commands run as a user runs them, as the tests of the portal's processes have them."""

from tests.portal.conftest import environment, manage

__all__ = ["environment", "manage"]
