"""MODP groups and their elements, against OpenSSL, big integers and Doc 9303-11 Appendix G.2."""

import base64
from functools import cache, partial

import pytest
from Crypto.Util.number import isPrime
from cryptography.hazmat.primitives.asymmetric import dh
from hypothesis import given, settings
from hypothesis import strategies as st
from vector_files import raw, vectors

from epass import tlv
from epass.crypto import ec, modp
from epass.crypto.group import Element, Group
from epass.crypto.modp import GROUPS, ModpElement, ModpGroup
from epass.errors import FormatError

# OpenSSL still has these groups, and pyca still reaches them, under protest.
pytestmark = pytest.mark.filterwarnings("ignore:Diffie-Hellman over finite fields")

# What `openssl genpkey -genparam -algorithm DHX -pkeyopt dh_rfc5114:N` prints for N = 1 to 3.
OPENSSL = (
    "MIIBHwKBgQCxC4+WoIDgHd6S3l6uXVTsUsmfvPsGo8aaap3KUtI7YWBz4oZ1oj0Y"
    "mDjvHi7mUsAT7LSuqQYRIySXXDzUm4O/rMvdfZDEvXCYSI6cIZpzck7/1vrlZEc4"
    "+qMaT/VbzMChUa9fDci0vUW/N982XBpl5oz9p21NpwjfH7K8LkpDcQKBgQCk0cvV"
    "w/00EmdlpELvuZkF+BBN0lisUH/WQGz/FCZtMSZv6h5cQVZLd35pD1UE8hMWAhe0"
    "sBuIal6RVH+eJ0n01/vX07mpLuGQnQ0iY/gKdqaiTAh6CR9THb8KAWm2oorWYqTR"
    "jnOvoy13nVkY0IvIhY9Nzvl8KiSFXm7rIrOy5QIVAPUYqoeBqN8nirpOfWS3y51J"
    "RiNT",
    "MIICKQKCAQEArRB+HpEjqdDWYPqnlVnFH6INZOVoO5/RtUsVl7YdCnXm+hQd+VpW"
    "26+aPEB7od8V6z1oijCcGA4d5rhaEnSgpm0/gVKtasISkDfJ7e/aTfjZHo/vVbc5"
    "S3rVt9C2wSIHyfmNEe002/bGugssi7wnvmoA4KC5xJcIs7+KMXCRiDaBKGEwvImF"
    "2xYC5xRBXZMwJ4Jzx94x79xzEPcSH9WgdBWYfZrcCkhtzfk6zEQyg4cxXXXhmMZB"
    "pIDNhqG55YfovmDmnMkosrnFIXLkEwQumyPxCw4W55djybU9z0uoCinj+3PBa451"
    "uX7zY+L/ox9xz53lOE5xuBwKxN/+DBDmTwKCAQEArEAy708tmuOd8wtcj/2sUGze"
    "vnuJmYyvdIZqCM/k/+OmgkpOELmm8N2SHwGnDEr6q3OddwDCn1LFfbF8YgqGUr5e"
    "kAGo1mrXwXZpEBmZAkr00CcnWsE0i7inYtBSG8mK4kcVBCLqHtQJk51U2nRgzbX2"
    "xrJQcXy+8YDrNBGOmNEZUppF1vg0Vm4wJeMWozDvu3eobwwasVsFGuPUKMj4rLcK"
    "gTcVC47rEOGD7dGZY93Z4mPkdwWJ72qiHn9fL/OBtTnM40CdE81Wavu0jWwBkYHh"
    "vP6UswJp7f5y/ptqpL17Wg8ccc//TBnEGOH27AF5gbwIfypwZbOEuJDTGR8r+gId"
    "AIAcDTTFjZP+mXF3EB+AU1pHOM68vziambNjces=",
    "MIICLAKCAQEAh6jmHbS2Zjz/u9GcZRlZmYzu9ghmDdDyXSzu1ENeOwDgDfjx1hlX"
    "1Pr330VhsqowFsPZETQJb6o79Cltgw6afCCeDGSXUXq9WoqdMGvPZ+2R+eZyW0dY"
    "wCLgse9Cdb97bFv8EdRfkIi5QfVOseWbuLw5oL8SMH9cT9twxYGyP3a2Osrhyqa3"
    "kC1SUmc1SIoO8TxtmlG/pKs62DR3llJNjvahZ7WkGCXZZ+FE5RQFZCUcysuD5rSG"
    "9rPKP3lxUGAmwLhX9omWKFbe1AEKvQvmIcOjlgpU5xDDdfJjddcBQQOktUMwwZiv"
    "EmEW0iduEXFfaTh3+tfvCcrbCUrpHhoVlwKCAQA/syybcxNNCy53UGZg7b1ITKex"
    "jyHvIFQH9Hk6GguhJRDbwVB3vkY//0/tSqwLtVW+OmwbDGtHsbw3c79+jG9ikBIo"
    "+MKMuxilWuMTQQAKZQGW+THHelfy3fRj5ensFEt3feYqqrioYorDdtKC1u04ZOZ5"
    "gkKOvIMdFDSPby+Rk7UEWvJ2cWTh38lnwfs/LlWkvRv/6DucgNBSuYXRguoK2yo7"
    "cxPT/hTISEseBSWIubfSu9LfAWGZ7NBuFVfNCRWzNTu7ZODsN3/QKDcN+StSx4kU"
    "KM3GfrYYS1I9HbJGwy9jB4SQ8A741kfRSNR5VFFeIyfP75jFgmZLTA9sxBZZAiEA"
    "jPg2QqcJoJe0R5l2QBKdopmxpH0es3ULowiw/mT1+9M=",
)

every_group = pytest.mark.parametrize("group", GROUPS, ids=lambda group: group.name)
groups = st.sampled_from(GROUPS)


def openssl_secret(group: ModpGroup, ours: int, theirs: int) -> bytes:
    """What OpenSSL agrees on, from our secret and the other side's public value."""
    parameters = dh.DHParameterNumbers(group.p, group.g, group.q)
    numbers = dh.DHPublicNumbers(pow(group.g, ours, group.p), parameters)
    peer = dh.DHPublicNumbers(theirs, parameters).public_key()
    return dh.DHPrivateNumbers(ours, numbers).private_key().exchange(peer)


@cache
def power_with_leading_zero(group: ModpGroup) -> tuple[int, ModpElement]:
    """The first power of the generator that needs a byte less than p."""
    scalar, y = 1, group.g
    while y.bit_length() > 8 * (group.size - 1):
        scalar, y = scalar + 1, y * group.g % group.p
    return scalar, ModpElement(group, y)


@cache
def small_order(group: ModpGroup) -> int:
    """An element of the smallest odd prime order that divides the cofactor."""
    cofactor = (group.p - 1) // group.q
    prime = next(number for number in range(3, 1 << 20, 2) if cofactor % number == 0)
    powers = (pow(base, (group.p - 1) // prime, group.p) for base in range(2, 100))
    return next(power for power in powers if power != 1)


class TestParameters:
    @every_group
    def test_every_number_is_that_of_openssl(self, group: ModpGroup) -> None:
        der = base64.b64decode(OPENSSL[group.parameter_id], validate=True)
        numbers = tlv.parse_one(der, 0x30, where="X9.42").children()
        known = [int.from_bytes(number.value) for number in numbers]
        assert [group.p, group.g, group.q] == known

    def test_those_of_the_worked_example(self) -> None:
        fields = vectors("doc9303-pace")["pace-gm-dh"]
        group = GROUPS[0]
        known = [int.from_bytes(raw(fields, name)) for name in ("p", "g", "q")]
        assert [group.p, group.g, group.q] == known

    @every_group
    def test_the_primes_and_the_order(self, group: ModpGroup) -> None:
        assert isPrime(group.p)
        assert isPrime(group.q)
        assert (group.p - 1) % group.q == 0
        assert 1 < group.g < group.p
        assert pow(group.g, group.q, group.p) == 1

    def test_the_sizes_of_table_12(self) -> None:
        assert [group.parameter_id for group in GROUPS] == [0, 1, 2]
        assert [group.p.bit_length() for group in GROUPS] == [1024, 2048, 2048]
        assert [group.q.bit_length() for group in GROUPS] == [160, 224, 256]
        assert [group.size for group in GROUPS] == [128, 256, 256]
        assert [group.scalar_size for group in GROUPS] == [20, 28, 32]
        assert [group.name for group in GROUPS] == [
            "MODP-1024-160",
            "MODP-2048-224",
            "MODP-2048-256",
        ]

    def test_strength_is_comparable_with_that_of_curves(self) -> None:
        """NIST SP 800-57 part 1 table 2: 2048 bits of DH are worth 224 of a curve."""
        p_192, p_224, p_256 = (ec.CURVES[at].strength for at in (0, 2, 4))
        assert [group.strength for group in GROUPS] == [80, p_224, p_224]
        assert GROUPS[0].strength < p_192 < GROUPS[2].strength < p_256

    def test_lookups(self) -> None:
        for group in GROUPS:
            assert modp.by_parameter_id(group.parameter_id) is group
            assert modp.by_parameters(p=group.p, g=group.g) is group
            assert modp.by_parameters(p=group.p, g=group.g, q=group.q) is group
        assert modp.by_parameter_id(3) is None
        assert modp.by_parameter_id(8) is None  # a curve

    @every_group
    def test_other_explicit_parameters(self, group: ModpGroup) -> None:
        """The generator of a forger, as in CVE-2020-0601, or another order."""
        assert modp.by_parameters(p=group.p + 2, g=group.g) is None
        assert modp.by_parameters(p=group.p, g=group.g**2 % group.p) is None
        assert modp.by_parameters(p=group.p, g=2) is None
        assert modp.by_parameters(p=group.p, g=group.g, q=group.q + 2) is None
        assert modp.by_parameters(p=group.p, g=group.g, q=0) is None

    def test_both_kinds_are_groups_of_the_protocol(self) -> None:
        kinds: list[Group] = [*GROUPS, *ec.CURVES]
        for group in kinds:
            element: Element = group.generator
            assert element.group is group
            assert element * 2 == element + element
            assert len(element.shared_secret) == len((element * 3).shared_secret)
            assert 8 * group.scalar_size >= 2 * group.strength


class TestArithmetic:
    @settings(max_examples=40, deadline=None)
    @given(group=groups, data=st.data())
    def test_agreement_as_openssl_has_it(self, group: ModpGroup, data: st.DataObject) -> None:
        ours, theirs = (data.draw(st.integers(1, group.q - 1)) for _ in range(2))
        public = group.generator * theirs
        assert public.y == pow(group.g, theirs, group.p)
        secret = (public * ours).shared_secret
        assert secret == openssl_secret(group, ours, public.y)
        assert secret == (group.generator * ours * theirs).shared_secret

    @settings(max_examples=40, deadline=None)
    @given(group=groups, data=st.data())
    def test_sums(self, group: ModpGroup, data: st.DataObject) -> None:
        left, right = (data.draw(st.integers(1, group.q - 1)) for _ in range(2))
        if (left + right) % group.q:
            total = group.generator * left + group.generator * right
            assert total.y == pow(group.g, left + right, group.p)

    @every_group
    def test_scalars_count_modulo_the_order(self, group: ModpGroup) -> None:
        base = group.generator * 0xABCDEF
        assert base * (group.q + 7) == base * 7
        assert base * (group.q - 1) + base * 2 == base

    @every_group
    def test_the_neutral_element_is_none(self, group: ModpGroup) -> None:
        base = group.generator
        for scalar in (0, group.q, -group.q):
            with pytest.raises(FormatError) as caught:
                base * scalar
            assert caught.value.problem == "the result is the neutral element"
            assert caught.value.where == group.name
        with pytest.raises(FormatError, match="the result is the neutral element"):
            base * (group.q - 1) + base

    def test_groups_do_not_mix(self) -> None:
        with pytest.raises(ValueError, match="different groups"):
            GROUPS[1].generator + GROUPS[2].generator

    def test_pace_worked_example(self) -> None:
        """Doc 9303-11 Appendix G.2, from the mapping to the shared secret."""
        fields = vectors("doc9303-pace")["pace-gm-dh"]
        group = GROUPS[0]
        element = {
            name: group.decode(raw(fields, name), where=name)
            for name in fields
            if name.endswith(("_public", "_H", "_generator"))
        }
        number = {
            name: int(value, 16)
            for name, value in fields.items()
            if name.endswith("_private") or name == "nonce_s"
        }
        for side in ("terminal", "chip"):
            mine = group.generator * number[f"map_{side}_private"]
            assert element[f"map_{side}_public"] == mine
        shared = element["map_chip_public"] * number["map_terminal_private"]
        assert shared == element["map_shared_secret_H"]
        mapped = group.generator * number["nonce_s"] + shared
        assert mapped == element["mapped_generator"]
        for side in ("terminal", "chip"):
            assert element[f"ka_{side}_public"] == mapped * number[f"ka_{side}_private"]
        secret = element["ka_terminal_public"] * number["ka_chip_private"]
        assert secret.shared_secret == raw(fields, "ka_shared_secret")


class TestLeadingZeros:
    @every_group
    def test_of_the_shared_secret_stay(self, group: ModpGroup) -> None:
        product, expected = power_with_leading_zero(group)
        ours = group.q // 7
        theirs = group.generator * (product * pow(ours, -1, group.q) % group.q)
        secret = (theirs * ours).shared_secret
        assert secret == expected.shared_secret
        assert len(secret) == group.size
        assert secret[0] == 0
        assert secret == openssl_secret(group, ours, theirs.y)

    @every_group
    def test_of_a_public_value_go(self, group: ModpGroup) -> None:
        """An unsigned integer has none (§9.4.1, §9.4.3 note); other encoders send them all."""
        _, element = power_with_leading_zero(group)
        encoded, full = element.encode(), element.shared_secret
        assert encoded == full.lstrip(b"\x00")
        assert len(encoded) < group.size
        assert group.decode(encoded, where="test") == element
        assert group.decode(full, where="test") == element

    @every_group
    def test_others_than_all_or_none_are_refused(self, group: ModpGroup) -> None:
        _, element = power_with_leading_zero(group)
        for bad in (b"\x00" + element.shared_secret, b"\x00" + group.generator.encode()):
            with pytest.raises(FormatError) as caught:
                group.decode(bad, where="EF.X")
            assert caught.value.problem == f"not a public value of {group.name}"


class TestDecode:
    @every_group
    def test_round_trip(self, group: ModpGroup) -> None:
        element = group.generator * 11
        assert group.decode(element.encode(), where="test") == element

    @every_group
    def test_lengths(self, group: ModpGroup) -> None:
        good = group.generator.shared_secret
        for bad in (b"", b"\x00", b"\x00\x02", good + b"\x00", bytes(group.size - 1), good * 2):
            with pytest.raises(FormatError) as caught:
                group.decode(bad, where="EF.X")
            assert caught.value.problem == f"not a public value of {group.name}"
            assert caught.value.where == "EF.X"

    @every_group
    def test_outside_the_range(self, group: ModpGroup) -> None:
        for y in (0, 1, group.p, group.p + 1, (1 << 8 * group.size) - 1):
            encoded = y.to_bytes(group.size)
            with pytest.raises(FormatError) as caught:
                group.decode(encoded, where="EF.X")
            assert caught.value.problem == f"not from 2 to p - 1 of {group.name}"
        with pytest.raises(FormatError, match="not from 2"):
            ModpElement(group, group.g - group.p)
        with pytest.raises(FormatError, match="not from 2"):
            group.decode(b"\x01", where="test")

    @every_group
    def test_outside_the_subgroup(self, group: ModpGroup) -> None:
        """RFC 2631 §2.1.5; p - 1 has order 2, and the cofactor has other small primes."""
        bad = (group.p - 1, small_order(group), 2, group.p - group.g, small_order(group) * group.g)
        for y in bad:
            with pytest.raises(FormatError) as caught:
                group.decode((y % group.p).to_bytes(group.size), where="EF.X")
            assert caught.value.problem == f"not in the subgroup of {group.name}"
            assert caught.value.where == "EF.X"
            with pytest.raises(ValueError, match="shared key"):
                openssl_secret(group, 5, y % group.p)

    @settings(max_examples=60, deadline=None)
    @given(group=groups, data=st.binary(max_size=260))
    def test_nothing_but_a_format_error(self, group: ModpGroup, data: bytes) -> None:
        with pytest.raises(FormatError):
            group.decode(data, where="test")


class TestScalar:
    @every_group
    def test_range_and_length_asked_for(self, group: ModpGroup) -> None:
        asked: list[int] = []

        def filled(fill: int, count: int) -> bytes:
            asked.append(count)
            return bytes((fill,)) * count

        for fill in (0x00, 0x7F, 0xFF):
            assert 1 <= group.scalar(partial(filled, fill)) < group.q
        assert set(asked) == {group.scalar_size + 8}

    @every_group
    def test_the_ends_are_reached(self, group: ModpGroup) -> None:
        last = group.q - 2
        assert group.scalar(bytes) == 1
        assert group.scalar(last.to_bytes) == group.q - 1
        assert group.scalar((last + 1).to_bytes) == 1


class TestSecrecy:
    def test_values_stay_out_of_repr(self) -> None:
        element = GROUPS[2].generator * 123456789
        assert str(element.y) not in repr(element)
        assert str(element.y)[:20] not in repr(element)

    def test_values_stay_out_of_errors(self) -> None:
        with pytest.raises(FormatError) as caught:
            ModpElement(GROUPS[0], 424242424242)
        assert "424242424242" not in f"{caught.value} {caught.value.as_dict()}"
