from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Break:
    """Where the trail does not hold: whose chain ("" where it is no chain's), which row, and what is wrong with it."""

    enrollment_id: str
    row: str
    fault: str

    def __str__(self) -> str:
        whose = f"enrollment {self.enrollment_id}: " if self.enrollment_id else ""
        return f"{whose}{self.row}: {self.fault}"
