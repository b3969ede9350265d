"""Keys from what is printed: the MRZ of each format, its fields, the CAN, and what is none."""

from itertools import product

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from vector_files import raw, vectors

from epass.card.keys import Can, Key, MrzKey
from epass.crypto import ciphers
from epass.crypto.ciphers import Cipher
from epass.errors import InputError
from epass.sim import issuer
from epass.sim.access import mrz_information

SM = vectors("doc9303-sm")
PACE = vectors("doc9303-pace")
APPENDIX_D2 = [name for name in SM if name.startswith("bac-mrz-")]
TD3 = (
    "P<UTOERIKSSON<<ANNA<MARIA<<<<<<<<<<<<<<<<<<<",
    "L898902C36UTO7408122F3404159ZE184226B<<<<<16",
)


def corrected(name: str) -> str:
    """The lines of Appendix D.2, whose short examples print a wrong composite check digit."""
    fields = SM[name]
    lines = list(fields["mrz_lines"])
    printed, right = (fields[f"composite_check_digit_{which}"] for which in ("printed", "correct"))
    assert lines[1][-1] == printed
    lines[1] = lines[1][:-1] + right
    return "\n".join(lines)


@pytest.mark.parametrize("name", APPENDIX_D2)
def test_appendix_d2(name: str) -> None:
    fields = SM[name]
    key = MrzKey.from_mrz(corrected(name))
    assert key.information == fields["MRZ_information"]
    assert key.seed == raw(fields, "K_seed")
    keys = raw(fields, "K_enc"), raw(fields, "K_mac")
    assert ciphers.derive_keys(key.seed, Cipher.TDES) == keys
    if "SHA1_MRZ_information" in fields:
        assert key.secret == raw(fields, "SHA1_MRZ_information")


@pytest.mark.parametrize("name", APPENDIX_D2)
def test_appendix_d2_by_its_fields(name: str) -> None:
    fields = SM[name]
    numbers = {fields["document_number"], fields["document_number"].rstrip("<")}
    for number in numbers:
        key = MrzKey.from_fields(number, fields["date_of_birth"], fields["date_of_expiry"])
        assert key == MrzKey(fields["MRZ_information"])


@pytest.mark.parametrize("name", ["bac-mrz-td1-short", "bac-mrz-td2-short"])
def test_the_errata_of_appendix_d2_are_refused(name: str) -> None:
    with pytest.raises(InputError, match=r"the check digit does not fit: composite \(line 2, pos"):
        MrzKey.from_mrz("\n".join(SM[name]["mrz_lines"]))


def test_appendix_g1() -> None:
    fields = PACE["pace-gm-ecdh"]
    key = MrzKey(fields["MRZ_information"])
    assert key.secret == raw(fields, "K")
    k_pi = ciphers.kdf(key.secret, ciphers.PASSWORD, Cipher.AES_128)
    assert k_pi == raw(fields, "K_pi")
    assert MrzKey.from_fields("T22000129", "640812", "101031") == key


PRINTED = [
    (holder, document_format)
    for holder, document_format in product(issuer.HOLDERS, issuer.FORMATS)
    if (holder, document_format) != ("long-number", "TD3")  # passports have no long numbers
]


@pytest.mark.parametrize(("holder", "document_format"), PRINTED)
def test_every_document_of_the_simulator(holder: str, document_format: str) -> None:
    """Their MRZ_information was written from the standard a second time."""
    printed = issuer.issue(holder, document_format=document_format).mrz
    person = issuer.HOLDERS[holder]
    key = MrzKey.from_mrz(printed)
    assert key.information == mrz_information(printed)
    assert key == MrzKey.from_fields(person.number, person.birth, person.expiry)


@pytest.mark.parametrize("between", ["\n", "\r\n", "\n\n", " \n ", ""])
def test_line_breaks_case_and_blanks_do_not_matter(between: str) -> None:
    assert MrzKey.from_mrz(between.join(TD3).lower()) == MrzKey.from_mrz("\n".join(TD3))


def test_the_longest_document_number() -> None:
    key = MrzKey.from_fields("D231458907349012345678", "340712", "950712")
    assert key.information == "D231458907349012345678" + "6" + "3407127" + "9507122"


@pytest.mark.parametrize(
    ("fields", "problem"),
    [
        (("", "740812", "340415"), "document number: not 1 to 22 letters, digits or <"),
        (("L89-8902C", "740812", "340415"), "document number: not 1 to 22 letters, digits or <"),
        (("A" * 23, "740812", "340415"), "document number: not 1 to 22 letters, digits or <"),
        (("Ł898902C3", "740812", "340415"), "document number: not 1 to 22 letters, digits or <"),
        (("L898902C3", "74081", "340415"), "date of birth: not 6 digits, YYMMDD, with < where"),
        (("L898902C3", "12.8.74", "340415"), "date of birth: not 6 digits, YYMMDD, with < where"),
        (("L898902C3", "740812", "3404150"), "date of expiry: not 6 digits, YYMMDD"),
        (("L898902C3", "740812", "3404<<"), "date of expiry: not 6 digits, YYMMDD"),
        (("L898902C3", "740812", "٣٤٠٤١٥"), "date of expiry: not 6 digits, YYMMDD"),
    ],
)
def test_fields_that_are_none(fields: tuple[str, str, str], problem: str) -> None:
    with pytest.raises(InputError) as caught:
        MrzKey.from_fields(*fields)
    assert caught.value.message.startswith(problem)
    assert not any(field in caught.value.message for field in fields if field)


# --- check digits -----------------------------------------------------------------------------

WRONG = {
    (1, 9): "document number (line 2, position 10)",
    (1, 19): "date of birth (line 2, position 20)",
    (1, 27): "date of expiry (line 2, position 28)",
    (1, 42): "optional data (line 2, position 43)",
    (1, 43): "composite (line 2, position 44)",
}


@pytest.mark.parametrize("place", WRONG)
def test_a_wrong_check_digit_is_named_by_its_place(place: tuple[int, int]) -> None:
    line, at = place
    lines = list(TD3)
    digit = str((int(lines[line][at]) + 1) % 10)
    lines[line] = lines[line][:at] + digit + lines[line][at + 1 :]
    with pytest.raises(InputError) as caught:
        MrzKey.from_mrz("\n".join(lines))
    assert caught.value.message.startswith("the check digit does not fit: ")
    assert WRONG[place] in caught.value.message
    assert caught.value.exit_status == 2


@pytest.mark.parametrize(
    ("number", "likely"),
    [
        ("L8989O2C3", "line 2, position 6: the letter O where the digit 0 would be right"),
        ("LB98902C3", "line 2, position 2: the letter B where the digit 8 would be right"),
        ("L8989Q2C3", "line 2, position 6: the letter Q where the digit 0 would be right"),
    ],
)
def test_a_confusion_is_pointed_out(number: str, likely: str) -> None:
    with pytest.raises(InputError) as caught:
        MrzKey.from_mrz(TD3[0] + "\n" + number + TD3[1][9:])
    assert f"Likely: {likely}" in caught.value.message


CONTENT = ("ERIKSSON", "ANNA", "MARIA", "L898902C", "898902", "740812", "340415", "ZE184226B")


@settings(max_examples=150)
@given(st.integers(0, 87), st.sampled_from("0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ<-é "))
def test_no_complaint_quotes_the_mrz(position: int, character: str) -> None:
    text = "".join(TD3)
    changed = text[:position] + character + text[position + 1 :]
    try:
        key: Key = MrzKey.from_mrz(changed[:44] + "\n" + changed[44:])
    except InputError as error:
        told = error.message + error.advice + str(error.facts)
        assert [part for part in CONTENT if part in told] == []
    else:
        assert [part for part in CONTENT if part in repr(key)] == []


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        ("", "the MRZ has 2 or 3 lines, not 0"),
        (TD3[1], "the MRZ has 2 or 3 lines, not 1"),
        ("\n".join(TD3 * 2), "the MRZ has 2 or 3 lines, not 4"),
        ("\n".join((TD3[0], TD3[1][:-1])), "MRZ line 2 has 43 characters, not 44 (TD3)"),
        ("\n".join((TD3[0] + "<", TD3[1])), "MRZ line 1 has 45 characters, not 44 (TD3)"),
        (
            "\n".join((TD3[0], TD3[1].replace("<", "-", 1))),
            "MRZ line 2, position 38: none of A to Z, 0 to 9 and <",
        ),
    ],
)
def test_lines_that_are_no_mrz(text: str, problem: str) -> None:
    with pytest.raises(InputError) as caught:
        MrzKey.from_mrz(text)
    assert caught.value.message == problem


# --- the CAN ----------------------------------------------------------------------------------


def test_the_can_is_its_digits() -> None:
    fields = PACE["kdf-can-123456"]
    can = Can(fields["password"])
    for cipher in Cipher:
        k_pi = ciphers.kdf(can.secret, ciphers.PASSWORD, cipher)
        assert k_pi == raw(fields, f"K_pi_{cipher.label.replace('-', '')}")


@pytest.mark.parametrize(
    "number",
    [
        "",
        "12345",
        "1234567",
        "12345a",
        " 12345",
        "123456 ",
        "123 456",
        "123456\n",
        "-12345",
        "+12345",
        "1.2345",
        "0x1234",
        "١٢٣٤٥٦",  # Arabic-Indic digits, which str.isdigit takes
        "１２３４５６",  # full-width digits  # noqa: RUF001 - on purpose
        "¹²³⁴⁵⁶",
    ],
)
def test_what_is_no_can(number: str) -> None:
    with pytest.raises(InputError) as caught:
        Can(number)
    assert caught.value.message == "the CAN is not six digits"
    assert "front of a card" in caught.value.advice


# --- repr -------------------------------------------------------------------------------------


@pytest.mark.parametrize("key", [MrzKey.from_mrz("\n".join(TD3)), Can("958214")])
def test_repr_hides_the_key(key: Key) -> None:
    shown = repr(key) + str(key) + f"{key!s:>40}"
    for hidden in ("L898902C3", "740812", "340415", "958214", key.secret.hex()):
        assert hidden not in shown.lower() + shown
    assert type(key).__name__ in shown


@pytest.mark.parametrize(
    "information",
    [
        "",
        "L898902C3",
        "L898902C<36908061940623",  # a check digit is missing
        "L898902C<369080619406236\n",
        "L898902C<3690806194062ö6",
        "l898902c<369080619406236",
        "L898902C<36908061 9406236",
        "A" * 38,
    ],
)
def test_mrz_information_that_is_none(information: str) -> None:
    with pytest.raises(InputError) as caught:
        MrzKey(information)
    assert caught.value.message == (
        "the MRZ_information is not number, birth and expiry with their check digits"
    )
