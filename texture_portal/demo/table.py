"""The demo's results as a table for a terminal of 120 columns or more."""

from texture_portal.demo.scenes import Result

WIDTH = 120
TITLE, ANSWER, STATE = 41, 26, 22
HEAD = f"     {'enrolled':{TITLE}}{'answer':{ANSWER}}{'state':{STATE}}served by (utility / CCA)"


def heading() -> str:
    return f"{HEAD}\n{'-' * WIDTH}"


def first_line(number: int, result: Result) -> str:
    answer = f"{result.status} {result.outcome}"
    return f"{number:3}  {result.title:{TITLE}}{answer:{ANSWER}}{result.state:{STATE}}{result.served_by}".rstrip()


def more_lines(result: Result) -> list[str]:
    """Where and what it is, its programs, and why it goes no further."""
    where = f"     {result.detail:{TITLE + ANSWER + STATE}}{result.programs}".rstrip()
    return [where, *([f"     {result.note}"] if result.note else [])]


def deviation_lines(result: Result) -> list[str]:
    return [f"     !! {deviation}" for deviation in result.deviations]
