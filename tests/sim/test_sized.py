"""Documents of given sizes: they have them, and they are genuine."""

from datetime import UTC, datetime

import pytest

from epass.dump import Access, Dump
from epass.errors import InputError
from epass.lds.names import File
from epass.sim import issuer
from epass.sim.sized import sized
from epass.trust.verify import verify

AT = datetime(2026, 11, 20, tzinfo=UTC)
PLAIN = issuer.issue()


def verdict(document: issuer.Document) -> tuple[str, ...]:
    """What is unknown of it; nothing fails."""
    report = verify(Dump(document.files, Access("BAC", "MRZ", "3DES"), AT), at=AT)
    assert report.failed == ()
    return report.unknown


@pytest.mark.parametrize("dg2", [20_480, 57_377, 0x10000])
def test_the_documents_that_are_measured(dg2: int) -> None:
    document = sized(PLAIN, dg2=dg2, sod=2_500, groups=8)
    sizes = {file: len(content) for file, content in document.files.items()}
    assert sizes == {File.COM: 30, File.SOD: 2_500, File.DG1: 93, File.DG2: dg2}
    assert verdict(document) == verdict(PLAIN)


@pytest.mark.parametrize("dg2", [2, 129, 131, 258, 260, 1_500, 36_000, 0x10005])
def test_filler_is_another_at_each_place(dg2: int) -> None:
    document = sized(PLAIN, dg2=dg2, filler=b"seed")
    content = document.files[File.DG2]
    assert len(content) == dg2
    blocks = [content[at : at + 16] for at in range(0, len(content) - 16, 16)]
    assert len(set(blocks)) == len(blocks)
    assert verdict(document) == verdict(PLAIN)
    other = sized(PLAIN, dg2=dg2, filler=b"another seed")
    assert (other.files[File.DG2] == content) is (dg2 == 2)


def test_everything_else_stays() -> None:
    document = sized(PLAIN, dg2=1_500, filler=b"seed")
    assert (document.mrz, document.can, document.files[File.DG1]) == (
        PLAIN.mrz,
        PLAIN.can,
        PLAIN.files[File.DG1],
    )


@pytest.mark.parametrize("size", [0, 1, 130, 259])  # the length takes a byte more from 128 on
def test_no_filler_of_this_size(size: int) -> None:
    with pytest.raises(InputError, match=f"no DG2 has {size} bytes"):
        sized(PLAIN, dg2=size, filler=b"seed")


@pytest.mark.parametrize("size", [0, 1_000])
def test_no_signed_file_of_this_size(size: int) -> None:
    with pytest.raises(InputError, match=f"no EF.SOD has {size} bytes"):
        sized(PLAIN, dg2=1_500, sod=size, filler=b"seed")


def test_the_search_for_a_size_ends(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("epass.sim.sized.ATTEMPTS", 1)
    with pytest.raises(InputError, match=r"no EF\.SOD has 2500 bytes"):
        sized(PLAIN, dg2=1_500, sod=2_500, filler=b"seed")


@pytest.mark.parametrize(
    ("size", "message"), [(1_500, "image size"), (0x10020, "no DG2 has 65568 bytes")]
)
def test_no_portrait_of_this_size(size: int, message: str) -> None:
    """The smallest is larger than the first, and the lengths around the second are longer."""
    with pytest.raises(InputError, match=message):
        sized(PLAIN, dg2=size)
