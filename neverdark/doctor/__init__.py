"""`neverdark doctor`: what an installation needs, whether it is there, and what to do where it is not."""

from neverdark.doctor.checklist import examine
from neverdark.doctor.findings import Finding, Verdict, exit_code

__all__ = ["Finding", "Verdict", "examine", "exit_code"]
