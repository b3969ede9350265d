"""Curves and points, against python-ecdsa, cryptography and Doc 9303-11 Appendix G.1."""

from collections.abc import Iterator
from dataclasses import replace
from functools import partial

import pytest
from cryptography.hazmat.primitives.asymmetric import ec as openssl
from hypothesis import given, settings
from hypothesis import strategies as st
from signers import OPENSSL, ecdsa_curve, every_curve
from vector_files import raw, vectors

from epass.crypto import ec
from epass.crypto.ec import CURVES, Curve, Point
from epass.errors import FormatError

curves = st.sampled_from(CURVES)


def oracle_point(curve: Curve, scalar: int) -> tuple[int, int]:
    point = ecdsa_curve(curve).generator * scalar
    return int(point.x()), int(point.y())


def leading_zero(curve: Curve, bits: int) -> tuple[int, Point]:
    """The first multiple of the generator whose x has ``bits`` zero bits in front."""

    def multiples() -> Iterator[tuple[int, Point]]:
        scalar, point = 1, curve.generator
        while True:
            yield scalar, point
            scalar, point = scalar + 1, point + curve.generator

    limit = 1 << 8 * curve.size - bits
    return next((scalar, point) for scalar, point in multiples() if point.x < limit)


class TestParameters:
    @every_curve
    def test_every_number_is_that_of_python_ecdsa(self, curve: Curve) -> None:
        known = ecdsa_curve(curve)
        assert (curve.p, curve.n) == (known.curve.p(), known.order)
        assert (curve.a, curve.b) == (known.curve.a() % curve.p, known.curve.b())
        assert (curve.x, curve.y) == (known.generator.x(), known.generator.y())
        assert curve.oid == ".".join(map(str, known.oid))

    @every_curve
    def test_the_order_is_that_of_the_generator(self, curve: Curve) -> None:
        assert curve.generator * (curve.n - 1) == -curve.generator
        with pytest.raises(FormatError, match="infinity"):
            curve.generator * curve.n

    def test_the_numbers_of_table_9(self) -> None:
        assert [curve.parameter_id for curve in CURVES] == list(range(8, 19))
        assert [curve.size for curve in CURVES] == [24, 24, 28, 28, 32, 32, 40, 48, 48, 64, 66]

    def test_lookups(self) -> None:
        for curve in CURVES:
            assert ec.by_parameter_id(curve.parameter_id) is curve
            assert ec.by_oid(curve.oid) is curve
            assert ec.by_name(curve.name) is curve
        assert ec.by_parameter_id(2) is None  # a MODP group
        assert ec.by_parameter_id(19) is None
        assert ec.by_oid("1.3.132.0.10") is None  # secp256k1
        assert ec.by_name("brainpoolP256t1") is None


class TestExplicitParameters:
    def known(self, curve: Curve) -> dict[str, int]:
        return {"p": curve.p, "a": curve.a, "b": curve.b, "n": curve.n, "cofactor": 1}

    @every_curve
    def test_equal_in_full(self, curve: Curve) -> None:
        generator = curve.generator.encode()
        assert ec.by_parameters(generator=generator, **self.known(curve)) is curve
        negative = self.known(curve) | {"a": curve.a - curve.p}
        assert ec.by_parameters(generator=generator, **negative) is curve

    @every_curve
    @pytest.mark.parametrize("name", ["p", "a", "b", "n", "cofactor"])
    def test_one_number_changed(self, curve: Curve, name: str) -> None:
        changed = self.known(curve)
        changed[name] += 2
        assert ec.by_parameters(generator=curve.generator.encode(), **changed) is None

    @every_curve
    def test_another_generator(self, curve: Curve) -> None:
        """CVE-2020-0601: everything right but the generator."""
        for other in ((curve.generator * 2).encode(), (-curve.generator).encode(), b""):
            assert ec.by_parameters(generator=other, **self.known(curve)) is None

    def test_zero_modulus(self) -> None:
        values = self.known(CURVES[0]) | {"p": 0}
        assert ec.by_parameters(generator=CURVES[0].generator.encode(), **values) is None


class TestArithmetic:
    @settings(max_examples=60, deadline=None)
    @given(curve=curves, data=st.data())
    def test_multiples_of_the_generator(self, curve: Curve, data: st.DataObject) -> None:
        scalar = data.draw(st.integers(1, curve.n - 1))
        point = curve.generator * scalar
        assert (point.x, point.y) == oracle_point(curve, scalar)

    @pytest.mark.parametrize("name", OPENSSL)
    def test_multiples_as_openssl_has_them(self, name: str) -> None:
        curve = ec.by_name(name)
        assert curve is not None
        for scalar in (1, 2, 15, 16, 17, curve.n // 3, curve.n - 2, curve.n - 1):
            key = openssl.derive_private_key(scalar, OPENSSL[name]).public_key()
            numbers = key.public_numbers()
            point = curve.generator * scalar
            assert (point.x, point.y) == (numbers.x, numbers.y)

    @settings(max_examples=40, deadline=None)
    @given(curve=curves, data=st.data())
    def test_sums(self, curve: Curve, data: st.DataObject) -> None:
        numbers = st.integers(1, curve.n - 1)
        left, right = data.draw(numbers), data.draw(numbers)
        if (left + right) % curve.n:
            total = curve.generator * left + curve.generator * right
            assert (total.x, total.y) == oracle_point(curve, (left + right) % curve.n)

    @every_curve
    def test_doubling_by_addition(self, curve: Curve) -> None:
        assert curve.generator + curve.generator == curve.generator * 2

    @every_curve
    def test_a_multiple_of_a_point_that_is_not_the_generator(self, curve: Curve) -> None:
        base = curve.generator * 0xABCDEF
        assert base * 0x12345 == curve.generator * (0xABCDEF * 0x12345)
        assert base * (curve.n + 7) == base * 7

    @every_curve
    def test_infinity_is_no_point(self, curve: Curve) -> None:
        point = curve.generator * 5
        with pytest.raises(FormatError) as caught:
            point + -point
        assert caught.value.problem == "the result is the point at infinity"
        assert caught.value.where == curve.name
        with pytest.raises(FormatError, match="infinity"):
            point * 0

    def test_curves_do_not_mix(self) -> None:
        with pytest.raises(ValueError, match="different curves"):
            CURVES[0].generator + CURVES[1].generator

    def test_pace_worked_example(self) -> None:
        """Doc 9303-11 Appendix G.1, from the mapping to the shared secret."""
        fields = vectors("doc9303-pace")["pace-gm-ecdh"]
        curve = ec.by_parameter_id(13)
        assert curve is not None
        point = {
            name: curve.decode(b"\x04" + raw(fields, name), where=name)
            for name in fields
            if name.endswith(("_public", "_H", "_generator"))
        }
        number = {
            name: int(value, 16)
            for name, value in fields.items()
            if name.endswith("_private") or name == "nonce_s"
        }
        for side in ("terminal", "chip"):
            assert point[f"map_{side}_public"] == curve.generator * number[f"map_{side}_private"]
        shared = point["map_chip_public"] * number["map_terminal_private"]
        assert shared == point["map_shared_secret_H"]
        mapped = curve.generator * number["nonce_s"] + shared
        assert mapped == point["mapped_generator"]
        for side in ("terminal", "chip"):
            assert point[f"ka_{side}_public"] == mapped * number[f"ka_{side}_private"]
        secret = point["ka_terminal_public"] * number["ka_chip_private"]
        assert secret.x_bytes == raw(fields, "ka_shared_secret")


class TestLeadingZeros:
    @every_curve
    def test_x_keeps_its_length(self, curve: Curve) -> None:
        # the first byte of P-521 holds one bit, so half of its points have it zero anyhow
        zeros = 2 if curve.name == "P-521" else 1
        scalar, point = leading_zero(curve, 8 * zeros)
        assert point.x_bytes.startswith(bytes(zeros))
        assert len(point.x_bytes) == curve.size
        assert int.from_bytes(point.x_bytes) == oracle_point(curve, scalar)[0]
        assert curve.decode(point.encode(), where="test") == point
        assert len(point.encode()) == 1 + 2 * curve.size

    @every_curve
    def test_a_point_without_its_zeros_is_refused(self, curve: Curve) -> None:
        _, point = leading_zero(curve, 8)
        stripped = b"\x04" + point.x_bytes.lstrip(b"\x00") + point.y.to_bytes(curve.size)
        with pytest.raises(FormatError, match=f"not an uncompressed point of {curve.name}"):
            curve.decode(stripped, where="test")

    @pytest.mark.parametrize("name", OPENSSL)
    def test_the_shared_secret_is_that_of_openssl(self, name: str) -> None:
        """Both sides' keys are chosen so that the secret starts with zeros."""
        curve = ec.by_name(name)
        assert curve is not None
        product, _ = leading_zero(curve, 8)
        ours = curve.n // 7
        theirs = product * pow(ours, -1, curve.n) % curve.n
        key = openssl.derive_private_key(ours, OPENSSL[name])
        peer = openssl.derive_private_key(theirs, OPENSSL[name]).public_key()
        secret = (curve.generator * theirs * ours).x_bytes
        assert secret == key.exchange(openssl.ECDH(), peer)
        assert secret[0] == 0


class TestDecode:
    @every_curve
    def test_round_trip(self, curve: Curve) -> None:
        point = curve.generator * 11
        assert curve.decode(point.encode(), where="test") == point

    @settings(max_examples=100, deadline=None)
    @given(curve=curves, data=st.data())
    def test_off_the_curve(self, curve: Curve, data: st.DataObject) -> None:
        x, y = (data.draw(st.integers(0, curve.p - 1)) for _ in range(2))
        if (y * y - x**3 - curve.a * x - curve.b) % curve.p:
            encoded = b"\x04" + x.to_bytes(curve.size) + y.to_bytes(curve.size)
            with pytest.raises(FormatError) as caught:
                curve.decode(encoded, where="EF.X")
            assert caught.value.problem == f"not a point of {curve.name}"
            assert caught.value.where == "EF.X"

    @every_curve
    def test_the_negative_of_y_only(self, curve: Curve) -> None:
        assert Point(curve, curve.x, curve.p - curve.y) == -curve.generator
        with pytest.raises(FormatError, match="not a point"):
            Point(curve, curve.x, curve.y + 1)

    def test_coordinates_beyond_the_field(self) -> None:
        """x + p is congruent to x; on P-521 it even fits the encoding."""
        curve = CURVES[-1]
        encoded = b"\x04" + (curve.x + curve.p).to_bytes(66) + curve.y.to_bytes(66)
        with pytest.raises(FormatError, match="not a point of P-521"):
            curve.decode(encoded, where="test")
        with pytest.raises(FormatError, match="not a point"):
            Point(curve, curve.x - curve.p, curve.y)

    @every_curve
    def test_other_forms(self, curve: Curve) -> None:
        good = curve.generator.encode()
        compressed = bytes((2 + curve.y % 2,)) + curve.generator.x_bytes
        hybrid = bytes((6 + curve.y % 2,)) + good[1:]
        for bad in (b"", b"\x00", b"\x04", compressed, hybrid, good[:-1], good + b"\x00"):
            with pytest.raises(FormatError, match="not an uncompressed point"):
                curve.decode(bad, where="test")

    @settings(max_examples=100, deadline=None)
    @given(curve=curves, data=st.binary(max_size=140))
    def test_nothing_but_a_format_error(self, curve: Curve, data: bytes) -> None:
        with pytest.raises(FormatError):
            curve.decode(data, where="test")


class TestScalar:
    @every_curve
    def test_range_and_length_asked_for(self, curve: Curve) -> None:
        asked: list[int] = []

        def filled(fill: int, count: int) -> bytes:
            asked.append(count)
            return bytes((fill,)) * count

        for fill in (0x00, 0x7F, 0xFF):
            assert 1 <= curve.scalar(partial(filled, fill)) < curve.n
        assert set(asked) == {curve.size + 8}
        assert curve.scalar(bytes) == 1

    def test_the_ends_are_reached(self) -> None:
        curve = CURVES[0]
        last = curve.n - 2
        assert curve.scalar(last.to_bytes) == curve.n - 1
        assert curve.scalar((last + 1).to_bytes) == 1


class TestSecrecy:
    def test_coordinates_stay_out_of_repr(self) -> None:
        point = CURVES[4].generator * 123456789
        assert str(point.x) not in repr(point)
        assert str(point.y) not in repr(point)

    def test_coordinates_stay_out_of_errors(self) -> None:
        with pytest.raises(FormatError) as caught:
            replace(CURVES[4].generator, y=424242424242)
        assert "424242424242" not in f"{caught.value} {caught.value.as_dict()}"
