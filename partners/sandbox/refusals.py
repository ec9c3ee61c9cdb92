"""What the cloud answers when it says no: a code, what is wrong, and what to do about it."""

from dataclasses import dataclass, field


@dataclass(eq=False)
class Refused(Exception):
    """`headers` go onto the answer; `parameter` is the input at fault."""

    status: int
    code: str
    message: str
    remedy: str = ""
    parameter: str | None = None
    headers: dict[str, str] = field(default_factory=dict)

    def as_json(self) -> dict[str, object]:
        told = {"code": self.code, "message": self.message, "remedy": self.remedy, "parameter": self.parameter}
        return {"error": {name: value for name, value in told.items() if value}}


def invalid(parameter: str, message: str, *, remedy: str = "", status: int = 400) -> Refused:
    return Refused(status, "invalid_request" if status == 400 else "unsafe_command", message, remedy, parameter)
