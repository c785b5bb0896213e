"""The one error of this package: a step that could not be done, and what helps."""


class StepError(Exception):
    """A step that failed, with the tail of its log and a remedy to print."""

    def __init__(self, message: str, *, log: str = "", remedy: str = "") -> None:
        super().__init__(message)
        self.message = message
        self.log = log
        self.remedy = remedy

    def __str__(self) -> str:
        parts = [self.message]
        if self.log:
            parts.append("\n".join(f"  | {line}" for line in self.log.strip().splitlines()))
        if self.remedy:
            parts.append(f"what helps: {self.remedy}")
        return "\n".join(parts)
