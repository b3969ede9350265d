"""ASN.1 as it stands in travel documents: certificates, keys and signed data.

``door`` is the one place that knows asn1crypto, ``der`` checks encodings before it does, and
``model`` has what comes out.
"""

from epass.asn1.door import (
    algorithm,
    certificate,
    object_identifier,
    pss_parameters,
    signed_data,
)
from epass.asn1.model import (
    Algorithm,
    Certificate,
    EcKey,
    ExplicitCurve,
    Name,
    OtherKey,
    PssParameters,
    PublicKey,
    RsaKey,
    SignedData,
    SignerInfo,
)

__all__ = [
    "Algorithm",
    "Certificate",
    "EcKey",
    "ExplicitCurve",
    "Name",
    "OtherKey",
    "PssParameters",
    "PublicKey",
    "RsaKey",
    "SignedData",
    "SignerInfo",
    "algorithm",
    "certificate",
    "object_identifier",
    "pss_parameters",
    "signed_data",
]
