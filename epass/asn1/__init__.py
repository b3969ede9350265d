"""ASN.1 as it stands in travel documents: certificates, keys and signed data.

This room is the one door to asn1crypto: ``der`` checks encodings before it sees them, ``values``
translates its faults, and ``model`` has what comes out.
"""

from epass.asn1.certificates import certificate
from epass.asn1.deviations import deviation_list
from epass.asn1.keys import pss_parameters, public_key
from epass.asn1.lists import master_list, revocation_list
from epass.asn1.model import (
    Algorithm,
    BasicConstraints,
    Certificate,
    DeviantDocuments,
    Deviation,
    DeviationDescription,
    DeviationList,
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
    "DeviantDocuments",
    "Deviation",
    "DeviationDescription",
    "DeviationList",
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
    "deviation_list",
    "master_list",
    "object_identifier",
    "pss_parameters",
    "public_key",
    "revocation_list",
    "signed_data",
]
