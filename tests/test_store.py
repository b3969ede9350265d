"""Anchors on disk: plain files, and the store."""

import hashlib
import os
import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from epass import store
from epass.errors import InputError, StorageError
from epass.sim import cms, der, issuer, published
from epass.sim.country import Country
from epass.sim.keys import derive
from epass.store import Store
from epass.trust.material import Material

COUNTRY = issuer.default_country("UTO")
OTHER = Country(COUNTRY.state, derive(b"test", "another country"))
PUBLISHED = published.publish(COUNTRY).files
CSCA, CRL = PUBLISHED["UTO-csca.cer"], PUBLISHED["UTO.crl"]
LIST = published.master_list([CSCA], published.list_signer(COUNTRY), revocation_lists=(CRL,))
FILES = {"UTO-csca.cer": CSCA, "UTO.crl": CRL, "masterlist.ml": LIST}
DEVIATIONS = der.sequence(der.integer(0), der.set_of([]))
FINGERPRINT = hashlib.sha256(CSCA).hexdigest()


def deviations() -> bytes:
    signer = published.list_signer(COUNTRY, purpose="2.23.136.1.1.8")
    draft = cms.Draft("2.23.136.1.1.7", DEVIATIONS, signer, published.PUBLISHED_AT)
    return draft.encode()


@pytest.fixture
def published_files(tmp_path: Path) -> Path:
    place = tmp_path / "files"
    place.mkdir()
    for name, content in {**FILES, "deviations.dl": deviations()}.items():
        (place / name).write_bytes(content)
    (place / "empty folder").mkdir()
    return place


@pytest.fixture
def kept(tmp_path: Path, published_files: Path) -> Store:
    found = Store(tmp_path / "store")
    found.add(store.load([published_files]))
    return found


class TestFiles:
    def test_a_folder(self, published_files: Path) -> None:
        found = store.load([published_files])
        assert [item.source for item in found.items if "/" not in item.source] == [
            "UTO-csca.cer",
            "UTO.crl",
            "deviations.dl",
            "masterlist.ml",
        ]
        assert {item.outcome for item in found.anchors.lists} == {"pass"}

    def test_what_is_not_there(self, tmp_path: Path) -> None:
        with pytest.raises(InputError, match="is not there"):
            store.load([tmp_path / "nothing"])

    def test_what_came_before_vouches(self, tmp_path: Path) -> None:
        listed, csca = tmp_path / "1", tmp_path / "0"
        listed.write_bytes(deviations())
        csca.write_bytes(CSCA)
        outcomes = [
            store.load(paths).anchors.lists[0].outcome for paths in ([listed], [csca, listed])
        ]
        assert outcomes == ["unknown", "pass"]
        beside = Material.read("file", CSCA).anchors
        assert store.load([listed], beside=beside, checked_only=True).anchors.deviations
        assert not store.load([listed], checked_only=True).anchors.deviations
        assert store.load([listed], beside=beside).anchors.certificates == ()

    def test_larger_than_any(self, published_files: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(store, "MAX_FILE", 10)
        with pytest.raises(StorageError, match="larger than 10 bytes"):
            store.load([published_files / "UTO.crl"])

    def test_names_cannot_steer_a_terminal(self) -> None:
        assert store.clean("\x1b[2Jlist") == "?[2Jlist"


class TestStore:
    def test_round_trip(self, kept: Store) -> None:
        found = kept.load()
        assert [item.raw for item in found.anchors.certificates] == [CSCA]
        assert len(found.anchors.revocation_lists) == 1
        (listed,) = found.anchors.deviations
        assert (listed.country, listed.raw) == ("UT", deviations())
        assert sorted(item.kind for item in found.items) == [
            "CRL",
            "CSCA certificate",
            "deviation list",
        ]

    def test_again(self, kept: Store, published_files: Path) -> None:
        before = sorted(path.name for path in kept.folder.iterdir())
        again = kept.add(store.load([published_files]))
        single = [item for item in again.items if item.kind != "master list"]
        assert {(item.taken, item.reason) for item in single} == {(False, store.KNOWN)}
        assert sorted(path.name for path in kept.folder.iterdir()) == before

    def test_two_imports_at_once(self, tmp_path: Path) -> None:
        both = [Store(tmp_path / "store") for _ in range(2)]
        with ThreadPoolExecutor(2) as pool:
            list(pool.map(lambda one: one.add(Material.read("list", LIST)), both))
        assert len(both[0].load().anchors.certificates) == 1
        assert all(not path.name.startswith(".") for path in both[0].folder.iterdir())

    def test_a_changed_file(self, kept: Store) -> None:
        path = kept.folder / f"{FINGERPRINT}.cer"
        path.write_bytes(path.read_bytes()[:-1])
        found = kept.load()
        assert found.anchors.certificates == ()
        (item,) = (item for item in found.items if not item.taken)
        assert item.reason == "changed since it was imported"

    def test_a_changed_file_is_mended_by_an_import(self, kept: Store) -> None:
        (kept.folder / f"{FINGERPRINT}.cer").write_bytes(b"")
        (item,) = kept.add(Material.read("file", CSCA)).items
        assert (item.taken, item.reason) == (True, "valid until 2039-01-01")
        assert [one.raw for one in kept.load().anchors.certificates] == [CSCA]

    @pytest.mark.parametrize("suffix", store.SUFFIXES)
    def test_a_file_that_cannot_be_parsed(self, kept: Store, suffix: str) -> None:
        """By its name it is what was imported; a later version may be stricter."""
        path = kept.folder / (hashlib.sha256(b"none").hexdigest() + suffix)
        path.write_bytes(b"none")
        found = kept.load()
        assert [item.source for item in found.items if not item.taken] == [path.name]
        assert len(found.anchors.certificates) == 1

    def test_a_file_that_cannot_be_read(self, kept: Store) -> None:
        path = kept.folder / f"{FINGERPRINT}.cer"
        path.unlink()
        path.mkdir()  # as good as a file without rights, which root may read all the same
        (item,) = (item for item in kept.load().items if not item.taken)
        assert item.source == path.name
        assert str(path) in item.reason
        with pytest.raises(StorageError):
            kept.add(Material.read("file", CSCA))

    def test_a_file_of_another_size_than_any(
        self, kept: Store, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(store, "MAX_FILE", 2)
        assert {item.taken for item in kept.load().items} == {False}
        assert kept.add(Material.read("file", CSCA)).items[0].taken

    def test_a_file_that_goes_while_it_is_read(
        self, kept: Store, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        listed = kept._paths()
        assert kept.remove([FINGERPRINT])
        monkeypatch.setattr(Store, "_paths", lambda _: listed)
        assert sorted(item.kind for item in kept.load().items) == ["CRL", "deviation list"]

    def test_nothing_there(self, tmp_path: Path) -> None:
        assert Store(tmp_path / "none").load() == Material()

    def test_a_full_disk(self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        def full(*_: object) -> None:
            raise OSError(28, "No space left on device")

        monkeypatch.setattr(os, "fsync", full)
        place = tmp_path / "store"
        with pytest.raises(StorageError, match="No space left on device"):
            Store(place).add(Material.read("list", LIST))
        assert list(place.iterdir()) == []

    @pytest.mark.parametrize("given", [FINGERPRINT, FINGERPRINT[:8], FINGERPRINT[:8].upper()])
    def test_remove_one(self, kept: Store, given: str) -> None:
        (gone,) = kept.remove([given])
        assert gone.kind == "CSCA certificate"
        assert kept.load().anchors.certificates == ()

    def test_remove_a_country(self, kept: Store) -> None:
        assert kept.remove(country="de") == ()
        gone = kept.remove(country="ut")
        assert {item.kind for item in gone} == {"CSCA certificate", "CRL", "deviation list"}

    def test_remove_what_was_changed(self, kept: Store) -> None:
        (kept.folder / f"{FINGERPRINT}.cer").write_bytes(b"")
        assert len(kept.remove(country="UT")) == 2
        (gone,) = kept.remove([FINGERPRINT])
        assert gone.reason == "changed since it was imported"

    def test_remove_all(self, kept: Store) -> None:
        assert len(kept.remove(every=True)) == 3
        assert kept.load() == Material()

    @pytest.mark.parametrize(("given", "problem"), [("", "nothing"), ("zz", "nothing")])
    def test_nobodys_fingerprint(self, kept: Store, given: str, problem: str) -> None:
        with pytest.raises(InputError, match=f"is that of {problem} in the store"):
            kept.remove([given])

    def test_a_fingerprint_of_two(self, kept: Store) -> None:
        for number in range(40):
            other = Country(COUNTRY.state, derive(b"test", str(number))).csca.certificate.der
            kept.add(Material.read("file", other))
            if sum(path.name[0] == FINGERPRINT[0] for path in kept.folder.iterdir()) > 1:
                break
        with pytest.raises(InputError, match="more than one"):
            kept.remove([FINGERPRINT[0]])


class TestPlace:
    def test_by_the_environment(self, tmp_path: Path) -> None:
        assert store.default_folder({"EPASS_TRUST_STORE": str(tmp_path)}) == tmp_path

    @pytest.mark.parametrize(
        ("platform", "environment", "end"),
        [
            ("linux", {"XDG_DATA_HOME": "/x"}, "/x/epass/trust"),
            ("linux", {}, ".local/share/epass/trust"),
            ("darwin", {}, "Library/Application Support/epass/trust"),
            ("win32", {"LOCALAPPDATA": "/x"}, "/x/epass/trust"),
            ("win32", {}, "AppData/Local/epass/trust"),
        ],
    )
    def test_by_the_platform(
        self,
        platform: str,
        environment: dict[str, str],
        end: str,
        monkeypatch: pytest.MonkeyPatch,
    ) -> None:
        monkeypatch.setattr(sys, "platform", platform)
        assert store.default_folder(environment).as_posix().endswith(end)

    @pytest.mark.parametrize("platform", ["linux", "darwin", "win32"])
    def test_without_a_home(self, platform: str, monkeypatch: pytest.MonkeyPatch) -> None:
        def homeless() -> Path:
            raise RuntimeError("Could not determine home directory.")

        monkeypatch.setattr(sys, "platform", platform)
        monkeypatch.setattr(Path, "home", homeless)
        with pytest.raises(StorageError) as caught:
            store.default_folder({})
        assert caught.value.message == "trust store: there is no home directory"
        assert "EPASS_TRUST_STORE" in (caught.value.advice or "")
