"""Do the files agree with each other, with EF.SOD, and with the MRZ that opened the chip?

Source: ICAO Doc 9303-10 §4.6 (EF.COM, EF.SOD), §4.7.1 (DG1); Doc 9303-3 §4.9 (check digits), §5
(codes of states); Doc 9303-11 §4.3 (the MRZ opens the chip); Doc 9303-12 §7.1.1.1 and §7.1.1.2.

A signature shows that a file is unchanged, not that it belongs to the booklet in the hand: a
genuine chip in a forged booklet passes every signature. DG1 is judged as it was read; whether it
is the signed one, ``dg1.hash`` says.
"""

from collections.abc import Callable
from types import MappingProxyType

from epass import asn1
from epass.dump import Dump
from epass.errors import FormatError
from epass.lds import countries
from epass.lds.mrz import Dg1, Mrz, information
from epass.lds.names import File
from epass.lds.sod import Sod
from epass.trust.report import Check, Outcome
from epass.trust.signed import Answer, printable

SOURCES = MappingProxyType(
    {
        "files.signed": "Doc 9303-10 §4.6.2, BSI TR-03135-1 §5.6.4.4.1",
        "files.read": "Doc 9303-10 §4.6.1, §4.7.1, §4.7.2",
        "dg1.format": "Doc 9303-10 §4.7.1",
        "dg1.check_digits": "Doc 9303-3 §4.9",
        "dg1.mrz": "Doc 9303-11 §4.3, BSI TR-03135-1 §5.6.4.4.2",
        "dg1.country": "Doc 9303-12 §7.1.1.1, Doc 9303-3 §5",
    }
)
MANDATORY = (File.DG1, File.DG2)  # Doc 9303-10 §4.7.1 and §4.7.2
NO_SOD = "there is no EF.SOD to check against; see sod.format"
NO_DG1 = "DG1 was not read, or is no MRZ; see dg1.format"
MRZ = "MRZ"  # the password of Access

# What states write for their country in certificates, where it is not the code of ISO 3166.
OTHERWISE = MappingProxyType(
    {
        "CHN": frozenset({"HK", "MO"}),  # the regions issue in the name of China
        "RKS": frozenset({"KS", "XK"}),
        "EUE": frozenset({"EU"}),
        "UNO": frozenset({"UN"}),
        "UNA": frozenset({"UN"}),
        "UTO": frozenset({"UT"}),
        "XOM": frozenset({"ZZ", "XO"}),
    }
)


def checks(dump: Dump, sod: Sod | None, signer: asn1.Certificate | None) -> list[Check]:
    """The checks of the contents; without EF.SOD, or its signer, some are unknown."""
    mrz, answer = _dg1(dump)
    judges: dict[str, Callable[[], Answer]] = {
        "files.signed": lambda: _signed(dump, sod),
        "files.read": lambda: _read(dump, sod),
        "dg1.format": lambda: answer,
        "dg1.check_digits": lambda: _check_digits(mrz),
        "dg1.mrz": lambda: _printed(dump, mrz),
        "dg1.country": lambda: _country(mrz, signer),
    }
    return [Check(name, *judges[name](), SOURCES[name]) for name in SOURCES]


def mrz(dump: Dump) -> Mrz | None:
    """The MRZ in DG1, None where it has none."""
    return _dg1(dump)[0]


def document_code(dump: Dump) -> str | None:
    """The first two letters of the MRZ in DG1, None where it has none."""
    found = mrz(dump)
    return found.document_code if found else None


# --- which files ------------------------------------------------------------------------------


def _signed(dump: Dump, sod: Sod | None) -> Answer:
    if sod is None:
        return Outcome.UNKNOWN, NO_SOD
    extra = {file for file in dump.files if file.group} - set(sod.digests)
    if extra:
        return Outcome.FAIL, f"read, but not signed by EF.SOD: {labels(extra)}"
    return Outcome.PASS, "every data group that was read is signed"


def _read(dump: Dump, sod: Sod | None) -> Answer:
    if sod is None:
        return Outcome.UNKNOWN, NO_SOD
    missing = {*sod.digests, *MANDATORY} - set(dump.files)
    if missing & set(MANDATORY):
        return Outcome.UNKNOWN, f"not read, though mandatory: {labels(missing & set(MANDATORY))}"
    if missing:
        return Outcome.NOT_APPLICABLE, f"signed, but not read: {labels(missing)}"
    return Outcome.PASS, "every data group that EF.SOD signs was read"


def labels(groups: set[File]) -> str:
    """The groups by their number, for people."""
    return ", ".join(item.label for item in sorted(groups, key=lambda item: item.group or 0))


# --- DG1 --------------------------------------------------------------------------------------


def _dg1(dump: Dump) -> tuple[Mrz | None, Answer]:
    if File.DG1 not in dump.files:
        return None, (Outcome.UNKNOWN, "DG1 was not read")
    try:
        mrz = Dg1.parse(dump.files[File.DG1]).mrz
    except FormatError as error:
        return None, (Outcome.FAIL, error.message)
    return mrz, (Outcome.PASS, f"an MRZ of {len(mrz.lines)} lines")


def _check_digits(mrz: Mrz | None) -> Answer:
    if mrz is None:
        return Outcome.UNKNOWN, NO_DG1
    if mrz.wrong_check_digits:
        return Outcome.FAIL, f"wrong check digits: {', '.join(mrz.wrong_check_digits)}"
    return Outcome.PASS, f"{len(mrz.checks)} check digits are right"


def _printed(dump: Dump, mrz: Mrz | None) -> Answer:
    """The chip of another document opens only with the MRZ of that other document."""
    if not dump.access.known:
        return Outcome.UNKNOWN, "it was not recorded how the chip was opened"
    if dump.access.password != MRZ:
        reason = "the chip was not opened with the MRZ"
        return Outcome.NOT_APPLICABLE, f"{reason}: compare DG1 with what is printed"
    if dump.access.mrz_information is None:
        return Outcome.UNKNOWN, "it was not recorded which MRZ opened the chip"
    if mrz is None:
        return Outcome.UNKNOWN, NO_DG1
    printed, stored = _parts(dump.access.mrz_information), _parts(information(mrz))
    differing = [name for name, value in printed.items() if stored[name] != value]
    if differing:
        return Outcome.FAIL, f"not those of the MRZ that opened the chip: {', '.join(differing)}"
    return Outcome.PASS, "number, birth and expiry are those of the MRZ that opened the chip"


def _parts(given: str) -> dict[str, str]:
    """MRZ_information without its check digits (Doc 9303-11 §4.3.2)."""
    return {
        "document number": given[:-15].rstrip("<"),
        "date of birth": given[-14:-8],
        "date of expiry": given[-7:-1],
    }


def _country(mrz: Mrz | None, signer: asn1.Certificate | None) -> Answer:
    if mrz is None:
        return Outcome.UNKNOWN, NO_DG1
    if signer is None:
        return Outcome.UNKNOWN, "the certificate of the signer is not known; see sod.signer"
    state, country = countries.find(mrz.issuing_state), signer.subject.country
    code = mrz.issuing_state.rstrip("<")
    if country is None or state is None:
        nobody = "the signer's certificate names no country" if state else f"{code} is no state"
        return Outcome.UNKNOWN, nobody
    # The country of the name is checked against the CSCA's, the locality is not.
    if country != state.alpha2 and country not in OTHERWISE.get(code, ()):
        return Outcome.FAIL, f"issued by {code}, but signed for {printable(country)}"
    return Outcome.PASS, f"issued by {code}, signed for {printable(country)}"
