"""What states and projects have published: every file is handled, or refused with a reason.

The table in ``docs/sample-files.md`` has the counts that this asserts.
"""

from collections import Counter
from datetime import UTC, datetime

import pytest
from sample_files import DATA

from epass import tlv
from epass.dump import Access, Dump
from epass.lds.names import File
from epass.trust.anchors import Anchors
from epass.trust.material import Material
from epass.trust.report import Outcome, Report
from epass.trust.verify import verify

pytestmark = pytest.mark.skipif(not DATA.is_dir(), reason="the samples are not here")

AT = datetime(2026, 11, 20, tzinfo=UTC)
NOT_FOR_LISTS = "its key is not for certificates"
A_SIGNER = "not an authority's: a document signer comes with its document"


def read(folder: str) -> dict[str, Material]:
    files = sorted((DATA / folder).iterdir())
    return {path.name: Material.read(path.name, path.read_bytes()) for path in files}


def test_every_master_list() -> None:
    found = read("masterlist")
    assert len(found) == 24
    bare = found.pop("masterlist-content.data")
    assert [item.reason for item in bare.items] == ["a master list without its signature"]
    for name, material in found.items():
        assert {item.outcome for item in material.anchors.lists} == {Outcome.PASS}, name
        assert material.anchors.certificates
        refused = {item.reason for item in material.items if not item.taken}
        assert refused <= {A_SIGNER, NOT_FOR_LISTS}
    lists = sum(len(material.anchors.lists) for material in found.values())
    assert lists == 31  # the LDIF has nine
    merged = Material.merged(found.values()).anchors
    assert len(merged.certificates) == 888
    states = {item.subject.country for item in merged.certificates}
    assert len(states) == 137


def test_every_crl() -> None:
    found = read("crl")
    assert len(found) == 8
    counts = {name[:2]: len(m.anchors.revocation_lists[0].revoked) for name, m in found.items()}
    assert counts == {"CA": 18, "CN": 3, "DE": 0, "GB": 423, "JP": 0, "US": 0}


def test_the_deviation_list() -> None:
    """Estonia's CSCA comes with it, which vouches for nobody; in the master lists it does."""
    (path,) = (DATA / "deviationlist").iterdir()
    found = Material.read(path.name, path.read_bytes())
    (item,) = found.items
    assert item.taken
    assert item.reason == "unknown: no trust anchors were given"
    lists = Material.merged(read("masterlist").values()).anchors
    (listed,) = Material.read(path.name, path.read_bytes(), beside=lambda: lists).anchors.lists
    assert listed.outcome is Outcome.PASS
    (known,) = found.anchors.deviations
    assert known.country == "EE"
    (one,) = known.deviations
    assert [said.deviation_type for said in one.descriptions] == ["2.23.136.1.1.7.2.3"]
    assert one.documents.numbers is not None
    assert len(one.documents.numbers) == 169_422


@pytest.mark.parametrize(
    ("folder", "kinds"),
    [
        ("csca", {"CSCA certificate": 31, "link certificate": 2}),
        ("dsc", {"other certificate": 56}),
        ("unusual", {"CSCA certificate": 41, "link certificate": 31, "other certificate": 5}),
        ("mock", {"CSCA certificate": 24, "other certificate": 32}),
    ],
)
def test_every_certificate(folder: str, kinds: dict[str, int]) -> None:
    found = read(f"certs/{folder}")
    items = [item for material in found.values() for item in material.items]
    assert all(item.taken or item.reason in (A_SIGNER, NOT_FOR_LISTS) for item in items)
    assert Counter(item.kind for item in items) == Counter(kinds)


def judged(path: str, anchors: Anchors) -> Report:
    content = (DATA / path).read_bytes()
    if content[:1] == b"\x30":
        content = tlv.build(0x77, content)  # the collection has some without their tag
    files = {File.SOD: content}
    return verify(Dump(files, Access("BAC", "MRZ", "3DES"), AT), anchors, at=AT)


def test_every_security_object() -> None:
    """Each EF.SOD with the certificates of all lists: how far its signer leads."""
    lists = Material.merged([*read("masterlist").values(), *read("crl").values()]).anchors
    counts: Counter[tuple[str, str, str]] = Counter()
    for folder in ("real", "real_bare_cms", "specimen", "mock", "negative"):
        for path in sorted((DATA / "sod" / folder).glob("*.bin")):
            report = judged(f"sod/{folder}/{path.name}", lists)
            outcomes = {check.id: check.outcome.value for check in report.checks}
            counts[folder, outcomes["sod.signature"], outcomes["ds.path"]] += 1
    assert counts == {
        ("real", "pass", "pass"): 12,
        ("real", "pass", "unknown"): 1,  # Indonesia's CSCA is in none of the lists
        ("real_bare_cms", "pass", "pass"): 6,
        ("specimen", "pass", "unknown"): 5,  # of test CSCAs
        ("mock", "pass", "unknown"): 4,
        ("mock", "fail", "unknown"): 7,  # r || s under the name of DER, and one that is wrong
        ("negative", "pass", "unknown"): 1,
        ("negative", "fail", "unknown"): 2,
        ("negative", "unknown", "unknown"): 7,
    }
