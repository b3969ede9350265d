"""Fixtures for tests with PC/SC: the machine's own service, or a stand-in for pyscard."""

from collections.abc import Iterator
from contextlib import ExitStack

import pytest
from fake_scard import PRESENT, FakeScard, InstallScard, installed
from vpcd_card import Slot, SlotUnavailable, held_slot

pytest_plugins = ("cli_desk",)  # fixtures of the command line's tests


def _slot(number: int) -> Iterator[Slot]:
    try:
        with held_slot(number) as slot:
            yield slot
    except SlotUnavailable as reason:
        pytest.skip(str(reason))


@pytest.fixture(autouse=True, scope="session")
def _no_trust_store(tmp_path_factory: pytest.TempPathFactory) -> Iterator[None]:
    """What the user of this machine trusts or has read before has no part in a test."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("EPASS_TRUST_STORE", str(tmp_path_factory.mktemp("trust") / "none"))
        patch.setenv("EPASS_CACHE", str(tmp_path_factory.mktemp("cache")))
        yield


@pytest.fixture(scope="session")
def vpcd_slot() -> Iterator[Slot]:
    """Slot 1 of the virtual reader, for this test run alone until it ends; skips without one."""
    yield from _slot(1)


@pytest.fixture(scope="session")
def vpcd_slot_0() -> Iterator[Slot]:
    """Slot 0 of the virtual reader, where `epass simulate` puts its passport."""
    yield from _slot(0)


@pytest.fixture
def install_scard(monkeypatch: pytest.MonkeyPatch) -> Iterator[InstallScard]:
    """Put a FakeScard where pyscard would be, for one test."""
    monkeypatch.setattr("epass.pcsc.service.REMOVAL_SECONDS", 0.05)
    with ExitStack() as stack:
        yield lambda scard: stack.enter_context(installed(scard))


@pytest.fixture
def scard(install_scard: InstallScard) -> FakeScard:
    """PC/SC with one reader, "Desk", and a T=1 card on it that answers 9000."""
    return install_scard(FakeScard(Desk=[PRESENT]))
