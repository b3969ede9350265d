"""Chip authentication: genuine chips of every kind, copies, and recordings that are not right."""

from collections.abc import Callable
from dataclasses import replace

import pytest
from chip_builder import (
    FAIL,
    NOT_APPLICABLE,
    PASS,
    TERMINAL,
    UNKNOWN,
    StaticKey,
    agreed,
    dg14,
    dh_info,
    document,
    ec_info,
    exchange,
    failing,
    mac_object,
    pace_info,
    proof,
    without,
)
from hypothesis import given, settings
from hypothesis import strategies as st
from judging import found, judge
from sod_builder import SodPlan, integer, oid, sequence
from vector_files import Fields, raw, vectors

from epass.crypto import ec, modp
from epass.crypto.ciphers import Cipher
from epass.dump import Dump
from epass.evidence import NO_EVIDENCE, ChipAuthentication, Evidence
from epass.lds.names import File
from epass.trust.report import Outcome

PROOFS = vectors("doc9303-proofs")
GENERATED = [name for name in PROOFS if name.startswith("ca-bsi-ref-")]
RECORDED = [name for name in PROOFS if name.startswith("ca-ecdh-")]
GROUPS: tuple[ec.Curve | modp.ModpGroup, ...] = (*ec.CURVES, *modp.GROUPS)
KEY = StaticKey(ec.CURVES[4])
SHARED = KEY.times(TERMINAL)
AES = Cipher.AES_128
COPY = "the chip does not have the private key"

every_cipher = pytest.mark.parametrize("cipher", Cipher, ids=lambda cipher: cipher.label)
every_group = pytest.mark.parametrize("group", GROUPS, ids=lambda group: group.name)


def chip(evidence: Evidence, *infos: bytes) -> Dump:
    """A chip with these SecurityInfos in its DG14, or with KEY for AES-128."""
    return document({File.DG14: dg14(*infos) if infos else KEY.dg14(AES)}, evidence=evidence)


def authentication(dump: Dump) -> tuple[Outcome, str]:
    return proof(dump, "chip.authentication")


def recorded(fields: Fields, oid: str, key_id: int | None, names: str) -> Evidence:
    secret, command, response = (raw(fields, name) for name in names.split())
    return Evidence(chip=ChipAuthentication(oid, key_id, secret, command, response))


class TestWorkedExamples:
    @pytest.mark.parametrize("name", GENERATED)
    def test_generated_ones(self, name: str) -> None:
        fields = PROOFS[name]
        number = {"3des": 1, "aes128": 2, "aes192": 3, "aes256": 4}[name.rsplit("-", 1)[1]]
        names = "terminal_ephemeral_private next_protected_capdu next_protected_rapdu"
        evidence = recorded(fields, f"0.4.0.127.0.7.2.2.3.2.{number}", None, names)
        dump = document({File.DG14: raw(fields, "DG14")}, evidence=evidence)
        cipher = list(Cipher)[number - 1]
        assert authentication(dump) == (PASS, f"ECDH, brainpoolP224r1, {cipher.label}")
        assert judge(dump).chip == "proven"

    @pytest.mark.parametrize("name", RECORDED)
    def test_recorded_ones(self, name: str) -> None:
        fields = PROOFS[name]
        key_id = 0xC3 if name.endswith("keyid") else None
        names = "terminal_private capdu3_protected rapdu3_protected"
        evidence = recorded(fields, "0.4.0.127.0.7.2.2.3.2.2", key_id, names)
        dump = document({File.DG14: raw(fields, "DG14")}, evidence=evidence)
        assert authentication(dump) == (PASS, "ECDH, brainpoolP256r1, AES-128")

    @pytest.mark.parametrize("name", RECORDED)
    def test_a_later_exchange_proves_nothing_here(self, name: str) -> None:
        """Its counters are others: what is asked for is the first one."""
        fields = PROOFS[name]
        key_id = 0xC3 if name.endswith("keyid") else None
        names = "terminal_private capdu3_protected rapdu2_protected"
        evidence = recorded(fields, "0.4.0.127.0.7.2.2.3.2.2", key_id, names)
        dump = document({File.DG14: raw(fields, "DG14")}, evidence=evidence)
        assert authentication(dump) == (FAIL, COPY)


class TestGenuine:
    @every_group
    @every_cipher
    def test_every_group_and_cipher(self, group: ec.Curve | modp.ModpGroup, cipher: Cipher) -> None:
        key = StaticKey(group)
        kind = "ECDH" if isinstance(group, ec.Curve) else "DH"
        weak = f"; weak: {group.name}" if group.strength < 112 else ""
        dump = chip(agreed(key, cipher), key.info(cipher), key.key_info())
        assert authentication(dump) == (PASS, f"{kind}, {group.name}, {cipher.label}{weak}")

    def test_an_extended_command(self) -> None:
        command, response = exchange(AES, SHARED, extended=True)
        evidence = agreed(KEY, command=command, response=response)
        assert authentication(chip(evidence))[0] is PASS

    def test_a_command_without_data(self) -> None:
        """Its header is padded once, with the counter (ISO/IEC 7816-4 §10.2.3.1)."""
        header = bytes.fromhex("0C840000")
        command = header + b"\x0a" + mac_object(AES, SHARED, 1, header) + b"\x00"
        assert authentication(chip(agreed(KEY, command=command)))[0] is PASS

    @pytest.mark.parametrize("status", ["6A82", "6282", "6988"])
    def test_any_status_that_is_protected(self, status: str) -> None:
        """The MAC is the proof, not what the chip thinks of the command."""
        objects = b"\x99\x02" + bytes.fromhex(status)
        response = objects + mac_object(AES, SHARED, 2, objects) + bytes.fromhex(status)
        assert authentication(chip(agreed(KEY, response=response)))[0] is PASS

    def test_one_of_several_keys(self) -> None:
        keys = [StaticKey(group, 777 + i, i) for i, group in enumerate(GROUPS[-4:])]
        infos = [info for key in keys for info in (key.info(AES), key.key_info())]
        for key in keys:
            assert authentication(chip(agreed(key), *infos))[0] is PASS

    def test_a_key_without_a_protocol(self) -> None:
        """French documents of 2013 and 2014."""
        dump = chip(agreed(KEY, Cipher.TDES), KEY.key_info())
        assert authentication(dump) == (PASS, "ECDH, P-256, 3DES")


class TestCopies:
    @every_group
    def test_dg14_without_the_private_key(self, group: ec.Curve | modp.ModpGroup) -> None:
        key, own = StaticKey(group), StaticKey(group, 4711)
        evidence = Evidence(chip=key.agreed(AES, own))
        dump = chip(evidence, key.info(AES), key.key_info())
        assert authentication(dump) == (FAIL, COPY)
        report = judge(dump)
        assert report.failed == ("chip.authentication",)
        assert report.chip == "refuted"

    def test_dg14_with_a_key_of_the_copys_own(self) -> None:
        own = StaticKey(KEY.group, 4711)
        honest = chip(agreed(own))
        files = {**honest.files, File.DG14: own.dg14(AES)}
        report = judge(replace(honest, files=files))
        assert report.failed == ("dg14.hash",)
        assert (found(report, "chip.authentication").outcome, report.chip) == (UNKNOWN, "unproven")
        reason = "DG14 is not shown to be the one that EF.SOD signs; see dg14.hash"
        assert found(report, "chip.authentication").reason == reason

    def test_the_answer_reflects_the_command(self) -> None:
        evidence = agreed(KEY)
        assert evidence.chip
        sealed = evidence.chip.command[5:-1]
        assert authentication(chip(agreed(KEY, response=sealed + b"\x90\x00"))) == (FAIL, COPY)

    def test_a_session_that_did_not_come_to_its_end(self) -> None:
        dump = failing(chip(NO_EVIDENCE), "chip", "the MAC of the answer is wrong", refused=False)
        assert authentication(dump) == (FAIL, "the MAC of the answer is wrong")
        assert judge(dump).chip == "refuted"


class TestAnswers:
    """What is no exchange under the new keys."""

    @pytest.mark.parametrize("response", ["9000", "6D00", "6988", "", "90"])
    def test_unprotected(self, response: str) -> None:
        evidence = agreed(KEY, response=bytes.fromhex(response))
        reason = "response: no MAC at its end, so it is not protected"
        assert authentication(chip(evidence)) == (FAIL, reason)

    @pytest.mark.parametrize(
        "objects", ["99029000", "99029000 8E07 01020304050607", "99029000 8E09 010203040506070809"]
    )
    def test_without_a_mac(self, objects: str) -> None:
        evidence = agreed(KEY, response=bytes.fromhex(objects + "9000"))
        reason = "response: no MAC at its end, so it is not protected"
        assert authentication(chip(evidence)) == (FAIL, reason)

    def test_garbage_or_truncated(self) -> None:
        right = KEY.agreed(AES).response
        for cut in (right[1:], right[:-3] + right[-2:], right[:5] + b"\xff" + right[6:], right[4:]):
            outcome, reason = authentication(chip(agreed(KEY, response=cut)))
            assert outcome is FAIL
            assert reason.startswith("response") or reason == COPY

    def test_something_behind_the_mac(self) -> None:
        right = KEY.agreed(AES).response
        response = right[:-2] + bytes.fromhex("99029000") + right[-2:]
        reason = "response: no MAC at its end, so it is not protected"
        assert authentication(chip(agreed(KEY, response=response))) == (FAIL, reason)

    def test_under_another_counter(self) -> None:
        objects = bytes.fromhex("99029000")
        for counter in (0, 1, 3):
            response = objects + mac_object(AES, SHARED, counter, objects) + b"\x90\x00"
            assert authentication(chip(agreed(KEY, response=response))) == (FAIL, COPY)

    @settings(max_examples=150, deadline=None)
    @given(data=st.data())
    def test_a_changed_byte(self, data: st.DataObject) -> None:
        part = data.draw(st.sampled_from(["command", "response"]))
        right = getattr(KEY.agreed(AES), part)
        last = len(right) - (2 if part == "response" else 0)  # the status word is no matter
        changed = bytearray(right)
        changed[data.draw(st.integers(0, last - 1))] ^= data.draw(st.integers(1, 255))
        assert authentication(chip(agreed(KEY, **{part: bytes(changed)})))[0] is FAIL

    @settings(max_examples=100, deadline=None)
    @given(st.binary(max_size=60), st.binary(max_size=60), st.binary(max_size=40))
    def test_anything(self, command: bytes, response: bytes, secret: bytes) -> None:
        for changes in ({"command": command}, {"response": response}, {"private_key": secret}):
            assert authentication(chip(agreed(KEY, **changes)))[0] is FAIL


class TestCommands:
    @pytest.mark.parametrize(
        "change",
        [
            lambda right: right[:4],
            lambda right: right[:5],
            lambda right: right[:-1],
            lambda right: right[:-2],
            lambda right: right + b"\x00",
            lambda right: right[:-1] + b"\x01",
            lambda right: right[:4] + b"\x00" + right[5:],
            lambda right: right[:4] + bytes((right[4] - 1,)) + right[5:],
            lambda right: right[:4] + bytes((right[4] + 1,)) + right[5:],
            lambda right: right[:4] + b"\x00\x00" + right[4:],
            lambda right: right[:4] + b"\x00\x00" + right[4:-1] + b"\x00",
            lambda right: right[:0],
        ],
    )
    def test_no_command_of_case_4(self, change: Callable[[bytes], bytes]) -> None:
        command = change(KEY.agreed(AES).command)
        reason = "command: not a command under secure messaging"
        assert authentication(chip(agreed(KEY, command=command))) == (FAIL, reason)

    def test_of_another_key_agreement(self) -> None:
        """The recording does not hold together; nothing is said of the chip's key."""
        command, response = exchange(AES, StaticKey(KEY.group, 4711).times(TERMINAL))
        for part in ({"command": command}, {"command": command, "response": response}):
            reason = "the recorded command is not of this key agreement"
            assert authentication(chip(agreed(KEY, **part))) == (FAIL, reason)

    def test_an_ephemeral_key_of_zero(self) -> None:
        n = KEY.group.n if isinstance(KEY.group, ec.Curve) else 0
        for secret in (b"", b"\x00", n.to_bytes(32)):
            reason = "P-256: the result is the point at infinity"
            assert authentication(chip(agreed(KEY, private_key=secret))) == (FAIL, reason)


class TestOffers:
    def test_not_offered(self) -> None:
        """DG14 with other things than chip authentication, PACE-CAM's key among them."""
        mapping_key = StaticKey(ec.by_parameter_id(13) or ec.CURVES[0], key_id=13)
        for infos in (
            [pace_info()],
            [pace_info(), pace_info(6), mapping_key.key_info()],
        ):
            dump = chip(NO_EVIDENCE, *infos)
            assert authentication(dump) == (NOT_APPLICABLE, "the chip does not offer it")

    def test_not_run(self) -> None:
        assert authentication(chip(NO_EVIDENCE)) == (UNKNOWN, "it was not run")
        assert judge(chip(NO_EVIDENCE)).chip == "unproven"

    def test_a_protocol_without_its_key_is_offered(self) -> None:
        assert authentication(chip(NO_EVIDENCE, KEY.info(AES))) == (UNKNOWN, "it was not run")

    def test_not_run_for_a_reason(self) -> None:
        dump = failing(chip(NO_EVIDENCE), "chip", "public key in compressed form", refused=True)
        assert authentication(dump) == (UNKNOWN, "it was not run: public key in compressed form")

    @pytest.mark.parametrize(
        "changes",
        [{"key_id": 1}, {"oid": "0.4.0.127.0.7.2.2.3.2.4"}, {"oid": "0.4.0.127.0.7.2.2.3.1.2"}],
        ids=["key id", "cipher", "key agreement"],
    )
    def test_another_key_or_protocol_than_dg14_has(self, changes: dict[str, object]) -> None:
        reason = "it was run with a key or protocol that DG14 does not hold"
        assert authentication(chip(agreed(KEY, **changes))) == (FAIL, reason)

    def test_without_the_key_id_that_dg14_has(self) -> None:
        key = StaticKey(KEY.group, key_id=7)
        infos = key.info(AES), key.key_info()
        assert authentication(chip(agreed(key), *infos))[0] is PASS
        assert authentication(chip(agreed(key, key_id=None), *infos))[0] is FAIL

    def test_version_2(self) -> None:
        """Of BSI TR-03110, after terminal authentication: not what was run."""
        info = sequence(oid(KEY.protocol(AES)), integer(2))
        assert authentication(chip(agreed(KEY), info, KEY.key_info()))[0] is FAIL

    def test_dg14_not_read(self) -> None:
        dump = without(chip(agreed(KEY)), File.DG14)
        assert authentication(dump) == (UNKNOWN, "DG14 was not read")

    def test_dg14_is_malformed_as_it_was_signed(self) -> None:
        dump = chip(agreed(KEY), KEY.info(AES), KEY.info(AES))
        outcome, reason = authentication(dump)
        assert outcome is UNKNOWN
        assert reason.endswith("this SecurityInfo stands twice")

    def test_ef_sod_that_nobody_has_signed(self) -> None:
        plan = SodPlan().but(signature=bytes(256))
        dump = document({File.DG14: KEY.dg14(AES)}, evidence=agreed(KEY), plan=plan)
        reason = "EF.SOD is not shown to be signed; see sod.digest and sod.signature"
        assert authentication(dump) == (UNKNOWN, reason)

    def test_evidence_where_ef_sod_signs_no_dg14(self) -> None:
        dump = document(evidence=agreed(KEY), besides={File.DG14: KEY.dg14(AES)})
        assert authentication(dump) == (NOT_APPLICABLE, "the chip does not offer it")
        assert judge(dump).failed == ("dg14.hash", "files.signed")


class TestKeys:
    def judged(self, public: bytes, key: StaticKey = KEY) -> tuple[Outcome, str]:
        return authentication(chip(agreed(key), key.info(AES), key.key_info(public)))

    def test_off_its_curve(self) -> None:
        point = KEY.group.generator * KEY.secret
        assert isinstance(point, ec.Point)
        public = ec_info(point, encoded=point.encode()[:-1] + b"\x00")
        assert self.judged(public) == (FAIL, "DG14: not a point of P-256")

    def test_with_another_generator(self) -> None:
        point = KEY.group.generator * KEY.secret
        assert isinstance(point, ec.Point)
        public = ec_info(point, generator=(point * 2).encode())
        reason = "elliptic curve with parameters that equal no known curve"
        assert self.judged(public) == (UNKNOWN, reason)

    @pytest.mark.parametrize("group", modp.GROUPS, ids=lambda group: group.name)
    def test_of_small_order(self, group: modp.ModpGroup) -> None:
        """Whoever raises 1 or -1 to a secret agrees on what everybody knows."""
        key = StaticKey(group)
        reason = f"DG14: not from 2 to p - 1 of {group.name}"
        assert self.judged(dh_info(group, 1), key) == (FAIL, reason)
        reason = f"DG14: not in the subgroup of {group.name}"
        assert self.judged(dh_info(group, group.p - 1), key) == (FAIL, reason)

    def test_of_another_kind_than_its_protocol(self) -> None:
        integers = StaticKey(modp.GROUPS[2])
        reason = "DG14: the key is not of the kind that its protocol needs"
        assert self.judged(integers.public()) == (FAIL, reason)
        assert self.judged(KEY.public(), integers) == (FAIL, reason)
