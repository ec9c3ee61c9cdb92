from collections.abc import Callable

Progress = Callable[[int], None]  # called now and then with how many more entries were read


def silent(_: int) -> None:
    """Nobody wants to know."""
