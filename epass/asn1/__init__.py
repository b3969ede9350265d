"""ASN.1 as it stands in travel documents: certificates, keys and signed data.

``door`` is the one place that knows asn1crypto, ``der`` checks encodings before it does, and
``model`` has what comes out.
"""

from epass.asn1.door import (
    algorithm,
    certificate,
    object_identifier,
    pss_parameters,
    public_key,
    signed_data,
)
from epass.asn1.model import (
    Algorithm,
    Certificate,
    DhKey,
    EcKey,
    ExplicitCurve,
    Name,
    OtherKey,
    PssParameters,
    PublicKey,
    RsaKey,
    SignedData,
    SignerInfo,
    StandardizedKey,
)

__all__ = [
    "Algorithm",
    "Certificate",
    "DhKey",
    "EcKey",
    "ExplicitCurve",
    "Name",
    "OtherKey",
    "PssParameters",
    "PublicKey",
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
