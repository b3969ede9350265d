"""The root of all errors, and the ones that the caller alone can mend."""

from typing import ClassVar

Facts = dict[str, str | int | float | bool | None]


class EpassError(Exception):
    """The root. ``facts`` are the machine-readable attributes, free of personal data."""

    code: ClassVar[str] = "error"
    exit_status: ClassVar[int] = 1
    retryable: ClassVar[bool] = False
    advice: str = ""

    def __init__(self, message: str, *, advice: str | None = None) -> None:
        super().__init__(message)
        self.message = message
        if advice is not None:
            self.advice = advice

    def __reduce__(self) -> tuple[object, ...]:
        """Errors cross processes, whatever their own ``__init__`` takes."""
        return _again, (type(self), self.args), self.__dict__

    @property
    def facts(self) -> Facts:
        return {}

    def as_dict(self) -> dict[str, object]:
        """What ``--format json`` prints of an error."""
        return {
            "code": self.code,
            "message": self.message,
            "advice": self.advice,
            "retryable": self.retryable,
            **self.facts,
        }


def _again(kind: type[EpassError], args: tuple[object, ...]) -> EpassError:
    error = kind.__new__(kind, *args)
    error.args = args
    return error


class InputError(EpassError):
    """What the caller gave is not what it should be, or does not fit what it was given for."""

    code = "input"
    exit_status = 2


class ConfigError(EpassError):
    """Something about this installation must be set right first."""

    code = "config"
    exit_status = 10


class MissingPackageError(ConfigError):
    """An optional package is not installed; ``advice`` has the exact install line."""

    code = "missing_package"

    def __init__(self, package: str, extra: str, *, needs: str = "") -> None:
        super().__init__(
            f"{package} is not installed",
            advice=f"Install it: pip install 'epass[{extra}]'{needs and f' ({needs})'}",
        )
        self.package = package

    @property
    def facts(self) -> Facts:
        return {"package": self.package}


class StorageError(ConfigError):
    """A file could not be written or read; nothing half-written is left behind."""

    code = "storage"
    advice = "Check that the place exists, has room, and may be written."


class Cancelled(EpassError):  # noqa: N818 - a decision of the operator, not a fault
    """Raised by the caller's ``on_event`` to stop between two commands."""

    code = "cancelled"
    exit_status = 130

    def __init__(self, message: str = "cancelled") -> None:
        super().__init__(message)
