"""`neverdark doctor`: checks what an installation needs, and says what to do about what is missing."""

from neverdark.doctor.checklist import examine
from neverdark.doctor.findings import Finding, Verdict, exit_code, unset

__all__ = ["Finding", "Verdict", "examine", "exit_code", "unset"]
