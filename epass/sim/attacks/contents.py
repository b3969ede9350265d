"""Files that a state's signer has signed, and that do not belong to this booklet, or to it."""

from dataclasses import replace

from epass.lds.names import File
from epass.sim import lds_files, mrz
from epass.sim.attacks.groups import NILSSON
from epass.sim.attacks.workshop import Forgery, Workshop, attack
from epass.sim.holders import HOLDERS, Holder

ERIKSSON = HOLDERS["eriksson"]


def _with_mrz(shop: Workshop, lines: tuple[str, ...]) -> Forgery:
    """A DG1 that is signed; the booklet keeps the genuine MRZ, which opens the chip."""
    return shop.resigned({**shop.groups, File.DG1: lds_files.dg1(lines)})


def _with_holder(shop: Workshop, holder: Holder, state: str = "UTO") -> Forgery:
    return _with_mrz(shop, mrz.compose(holder, "TD3", state))


@attack(
    "chip-of-another",
    "The whole chip of another passport, made to open with the MRZ of this booklet.",
    "dg1.mrz",
    "not those of the MRZ that opened the chip: document number, date of birth",
)
def _chip_of_another(shop: Workshop) -> Forgery:
    return _with_holder(shop, NILSSON)


@attack(
    "other-number",
    "The chip has another document number than the booklet.",
    "dg1.mrz",
    "not those of the MRZ that opened the chip: document number",
)
def _other_number(shop: Workshop) -> Forgery:
    return _with_holder(shop, replace(ERIKSSON, number="L898902C4"))


@attack(
    "other-birth",
    "The chip has another date of birth than the booklet.",
    "dg1.mrz",
    "not those of the MRZ that opened the chip: date of birth",
)
def _other_birth(shop: Workshop) -> Forgery:
    return _with_holder(shop, replace(ERIKSSON, birth="740813"))


@attack(
    "other-expiry",
    "The chip is valid for longer than the booklet.",
    "dg1.mrz",
    "not those of the MRZ that opened the chip: date of expiry",
)
def _other_expiry(shop: Workshop) -> Forgery:
    return _with_holder(shop, replace(ERIKSSON, expiry="340416"))


@attack(
    "wrong-check-digit",
    "The composite check digit of the signed MRZ is wrong.",
    "dg1.check_digits",
    "wrong check digits: composite",
)
def _wrong_check_digit(shop: Workshop) -> Forgery:
    upper, lower = mrz.compose(ERIKSSON, "TD3", "UTO")
    return _with_mrz(shop, (upper, lower[:-1] + str((int(lower[-1]) + 1) % 10)))


@attack(
    "other-country",
    "A German passport, signed for Utopia.",
    "dg1.country",
    "issued by D, but signed for UT",
)
def _other_country(shop: Workshop) -> Forgery:
    return _with_holder(shop, ERIKSSON, "D")


@attack(
    "no-country",
    "The issuing state is none that there is.",
    "dg1.country",
    "QQQ is no state",
    outcome="unknown",
)
def _no_country(shop: Workshop) -> Forgery:
    return _with_holder(shop, ERIKSSON, "QQQ")


@attack(
    "no-mrz",
    "The signed DG1 holds something that is no MRZ.",
    "dg1.format",
    "not 72, 88 or 90",
    also="dg1.check_digits dg1.mrz dg1.country ds.profile",
)
def _no_mrz(shop: Workshop) -> Forgery:
    return _with_mrz(shop, ("P<UTOERIKSSON<<ANNA",))


@attack(
    "other-document-type",
    "A visa, signed by a signer who is for passports and cards.",
    "ds.profile",
    "the signer is not for this type of document",
)
def _other_document_type(shop: Workshop) -> Forgery:
    upper, lower = mrz.compose(ERIKSSON, "TD3", "UTO")
    return _with_mrz(shop, ("R<" + upper[2:], lower))
