"""ASN.1 as it stands in travel documents: certificates, keys and signed data.

This room is the one door to asn1crypto: ``der`` checks encodings before it sees them, ``values``
translates its faults, and ``model`` has what comes out.
"""

from epass.asn1.certificates import certificate
from epass.asn1.keys import pss_parameters, public_key
from epass.asn1.model import (
    Algorithm,
    BasicConstraints,
    Certificate,
    DhKey,
    EcKey,
    ExplicitCurve,
    Extensions,
    Name,
    OtherKey,
    PssParameters,
    PublicKey,
    RevocationList,
    RsaKey,
    SignedData,
    SignerInfo,
    StandardizedKey,
)
from epass.asn1.signed_data import signed_data
from epass.asn1.values import algorithm, object_identifier

__all__ = [
    "Algorithm",
    "BasicConstraints",
    "Certificate",
    "DhKey",
    "EcKey",
    "ExplicitCurve",
    "Extensions",
    "Name",
    "OtherKey",
    "PssParameters",
    "PublicKey",
    "RevocationList",
    "RsaKey",
    "SignedData",
    "SignerInfo",
    "StandardizedKey",
    "algorithm",
    "certificate",
    "object_identifier",
    "pss_parameters",
    "public_key",
    "signed_data",
]
