"""SecurityInfos in DER: how a chip announces its protocols and the keys that belong to them.

Source: Doc 9303-11 §9.2 (SecurityInfos), §9.5 (domain parameters); RFC 5280 §4.1 and RFC 3279
§2.3 for SubjectPublicKeyInfo, PKCS #3 §9 for the older form of DH; BSI TR-03111 §5.2.1 for the
identifiers of plain signatures. Object identifiers are dotted, encoded objects are whole.
"""

from collections.abc import Iterable

from epass import tlv
from epass.crypto.ec import Curve
from epass.errors import InputError
from epass.sim import der
from epass.sim.groups import Group, is_elliptic
from epass.sim.keys import ID_EC_PUBLIC_KEY, ec_parameters
from epass.sim.modp import ModpGroup

BSI_DE = "0.4.0.127.0.7"
ID_PACE = f"{BSI_DE}.2.2.4"  # §9.2.3
ID_PK = f"{BSI_DE}.2.2.1"  # §9.2.7
ID_CA = f"{BSI_DE}.2.2.3"
DH, ECDH = 1, 2  # the arcs below ID_PK and ID_CA
ID_ACTIVE_AUTHENTICATION = "2.23.136.1.1.5"  # §9.2.4
ECDSA_PLAIN = f"{BSI_DE}.1.1.4.1"
STANDARDIZED_PARAMETERS = f"{BSI_DE}.1.2"  # §9.5.1
DH_PUBLIC_NUMBER, DH_KEY_AGREEMENT = "1.2.840.10046.2.1", "1.2.840.113549.1.3.1"

# How an AlgorithmIdentifier gives the domain parameters: in full, as §9.5.2 demands; by the name
# of a curve, which it forbids and documents have; by a row of table 12 (§9.5.1); as PKCS #3 has
# them, without the order.
EXPLICIT, NAMED, STANDARDIZED, PKCS3 = PARAMETERS = ("explicit", "named", "standardized", "pkcs3")

PACE_VERSION, CHIP_AUTHENTICATION_VERSION, ACTIVE_AUTHENTICATION_VERSION = 2, 1, 1


# --- SecurityInfos ----------------------------------------------------------------------------


def security_infos(infos: Iterable[bytes]) -> bytes:
    """The content of EF.CardAccess, and that of DG14 without its tag."""
    return der.set_of(infos)


def members(content: bytes) -> tuple[bytes, ...]:
    """Each SecurityInfo of an EF.CardAccess, as it stands there.

    Raises:
        FormatError: ``content`` is no SET of whole data objects.
    """
    whole = tlv.parse_one(content, der.SET, where="EF.CardAccess")
    return tuple(info.raw for info in whole.children())


def pace_info(protocol: str, parameter_id: int | None = None) -> bytes:
    """PACEInfo, §9.2.1."""
    return _info(protocol, der.integer(PACE_VERSION), parameter_id)


def pace_domain_parameter_info(
    protocol: str, algorithm: bytes, parameter_id: int | None = None
) -> bytes:
    """PACEDomainParameterInfo, §9.2.2; ``algorithm`` is an AlgorithmIdentifier."""
    return _info(protocol, algorithm, parameter_id)


def chip_authentication_info(protocol: str, key_id: int | None = None) -> bytes:
    """ChipAuthenticationInfo, §9.2.5."""
    return _info(protocol, der.integer(CHIP_AUTHENTICATION_VERSION), key_id)


def chip_authentication_public_key_info(
    protocol: str, public_key: bytes, key_id: int | None = None
) -> bytes:
    """ChipAuthenticationPublicKeyInfo, §9.2.6; ``public_key`` is a SubjectPublicKeyInfo."""
    return _info(protocol, public_key, key_id)


def active_authentication_info(signature_algorithm: str) -> bytes:
    """ActiveAuthenticationInfo, §9.2.4."""
    return der.sequence(
        der.oid(ID_ACTIVE_AUTHENTICATION),
        der.integer(ACTIVE_AUTHENTICATION_VERSION),
        der.oid(signature_algorithm),
    )


def _info(protocol: str, required: bytes, number: int | None) -> bytes:
    return der.sequence(der.oid(protocol), required, b"" if number is None else der.integer(number))


# --- public keys ------------------------------------------------------------------------------


def subject_public_key_info(algorithm: bytes, public_key: bytes) -> bytes:
    """SubjectPublicKeyInfo; ``public_key`` is the content of the BIT STRING."""
    return der.sequence(algorithm, der.bit_string(public_key))


def agreement_protocol(group: Group) -> str:
    """id-PK-DH or id-PK-ECDH, §9.2.7."""
    return f"{ID_PK}.{ECDH if is_elliptic(group) else DH}"


def agreement_public_key(group: Group, encoded: bytes) -> bytes:
    """The content of the BIT STRING for an element as §9.4.5 encodes it (PKCS #3 §9 for DH)."""
    return encoded if is_elliptic(group) else der.integer(int.from_bytes(encoded))


def agreement_algorithm(group: Group, parameters: str = EXPLICIT) -> bytes:
    """The AlgorithmIdentifier of a key over ``group``; ``parameters`` is one of PARAMETERS.

    Raises:
        InputError: keys of this kind have no such form.
    """
    if parameters == STANDARDIZED:
        return der.sequence(der.oid(STANDARDIZED_PARAMETERS), der.integer(group.parameter_id))
    if isinstance(group, Curve) and parameters == EXPLICIT:
        return der.sequence(der.oid(ID_EC_PUBLIC_KEY), ec_parameters(group))
    if isinstance(group, Curve) and parameters == NAMED:
        return der.sequence(der.oid(ID_EC_PUBLIC_KEY), der.oid(group.oid))
    if isinstance(group, ModpGroup) and parameters == EXPLICIT:  # RFC 3279 §2.3.3
        return _dh(DH_PUBLIC_NUMBER, group.p, group.g, group.n)
    if isinstance(group, ModpGroup) and parameters == PKCS3:
        return _dh(DH_KEY_AGREEMENT, group.p, group.g)
    raise InputError(f"{group.name} has no parameters of the form {parameters}")


def _dh(algorithm: str, *numbers: int) -> bytes:
    return der.sequence(der.oid(algorithm), der.sequence(*map(der.integer, numbers)))
