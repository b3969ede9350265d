"""PACE with every mapping, as Doc 9303-11 Appendices G to I print it, to the byte."""

import pytest
from pace_examples import (
    CAM_ECDH,
    CURVE,
    EXAMPLES,
    GM_DH,
    GROUP,
    STEPS,
    Example,
)
from vector_files import raw

from epass.card.apdu import Command, Response
from epass.card.secure import ChipSession
from epass.card.trace import ReplayChannel, Trace
from epass.crypto.group import Group
from epass.errors import ProtocolError
from epass.evidence import ChipAuthenticationMapping
from epass.lds.security_infos import KeyAgreement, Mapping
from epass.sim import messaging

READ = Command(0xB0, 0x9E, 0, le=4)

each_example = pytest.mark.parametrize("name", EXAMPLES)


@each_example
def test_to_the_byte(name: str) -> None:
    """The session keys are those of the appendix: the simulator's own secure messaging answers."""
    example = EXAMPLES[name]
    keys = raw(example.fields, "KS_enc"), raw(example.fields, "KS_mac")
    chip = messaging.Session(example.suite.cipher, *keys)
    protected = ChipSession(example.suite.cipher, *keys).protect(READ)
    assert chip.unprotect(protected) == READ
    last = protected, chip.protect(Response(b"data"), READ.ins)
    exchanges = tuple(example.exchanges[step] for step in STEPS)
    channel = ReplayChannel(Trace({}, (*exchanges, last), example.draws))
    result = example.run(channel)
    assert result.channel.transmit(READ) == Response(b"data")
    channel.finish()
    with pytest.raises(ProtocolError, match="no draw"):
        channel.random(1)


@pytest.mark.parametrize(
    ("name", "agreement", "mapping", "group"),
    [
        ("G.1", KeyAgreement.ECDH, Mapping.GENERIC, CURVE),
        ("G.2", KeyAgreement.DH, Mapping.GENERIC, GROUP),
        ("H.1", KeyAgreement.ECDH, Mapping.INTEGRATED, CURVE),
        ("H.2", KeyAgreement.DH, Mapping.INTEGRATED, GROUP),
        ("I.1", KeyAgreement.ECDH, Mapping.CHIP_AUTHENTICATION, CURVE),
    ],
)
def test_what_is_run(name: str, agreement: KeyAgreement, mapping: Mapping, group: Group) -> None:
    suite = EXAMPLES[name].suite
    assert (suite.protocol.agreement, suite.protocol.mapping) == (agreement, mapping)
    assert suite.group is group
    assert not suite.named


@pytest.mark.parametrize("name", ["G.1", "G.2", "H.1", "H.2"])
def test_other_mappings_give_no_evidence(name: str) -> None:
    example = EXAMPLES[name]
    assert example.run(example.channel()).evidence is None


def test_the_evidence_of_appendix_i() -> None:
    fields = CAM_ECDH.fields
    evidence = CAM_ECDH.run(CAM_ECDH.channel()).evidence
    assert evidence == ChipAuthenticationMapping(
        oid="0.4.0.127.0.7.2.2.4.6.2",
        parameter_id=13,
        mapping_key=b"\x04" + raw(fields, "map_chip_public"),
        authentication_data=raw(fields, "CA_IC"),
    )
    assert evidence is not None
    static = CURVE.decode(b"\x04" + raw(fields, "PK_IC"), where="PK_IC")
    proved = static * int.from_bytes(evidence.authentication_data)
    assert proved.encode() == evidence.mapping_key


def test_the_evidence_stays_out_of_repr() -> None:
    shown = repr(CAM_ECDH.run(CAM_ECDH.channel()))
    assert repr(raw(CAM_ECDH.fields, "CA_IC"))[2:20] not in shown
    assert repr(raw(CAM_ECDH.fields, "map_chip_public"))[2:20] not in shown


def test_a_certification_authority_may_be_named() -> None:
    """Appendix G.2: data object 87 comes with the token though nothing has asked for it."""
    (_, answer) = GM_DH.exchanges["ga4"]
    assert answer.data.endswith(b"\x87\x0fDETESTCVCA00003")


def test_an_example_that_could_not_fail_would_be_none() -> None:
    for example in EXAMPLES.values():
        wrong = Example(
            example.fields,
            example.key,
            example.suite,
            example.exchanges,
            (*example.draws[:-1], bytes(len(example.draws[-1]))),
        )
        with pytest.raises(ProtocolError, match="command 4 is not the recorded one"):
            wrong.run(wrong.channel())
