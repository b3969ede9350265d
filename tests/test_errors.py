"""Errors as values: they cross processes with all that they say."""

import pickle

import pytest

from epass.errors import (
    EpassError,
    FormatError,
    InputError,
    MissingPackageError,
    StatusError,
    TrustError,
    VerificationError,
)


@pytest.mark.parametrize(
    "error",
    [
        EpassError("message", advice="advice"),
        InputError("message"),
        FormatError("problem", "DG1", 7),
        VerificationError(("dg1.hash", "com.sod")),
        TrustError(("ds.path",)),
        MissingPackageError("package", "extra"),
        StatusError("SELECT DG1", 0x6A82),
    ],
    ids=lambda error: type(error).__name__,
)
def test_pickled(error: EpassError) -> None:
    error.add_note("a note")
    again = pickle.loads(pickle.dumps(error))  # noqa: S301 - our own bytes
    assert type(again) is type(error)
    assert str(again) == str(error)
    assert again.as_dict() == error.as_dict()
    assert again.__notes__ == ["a note"]
