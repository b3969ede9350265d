"""Valid files, broken at random, for the property that parsers raise only errors of ours."""

from hypothesis import strategies as st

MARKS = (b"\x00", b"\x80", b"\xff", b"\x30\x80", b"\x31\x00", b"\x84\xff\xff\xff\xff")


@st.composite
def mutated(draw: st.DrawFn, valid: bytes) -> bytes:
    """``valid`` with one to three of its parts changed, cut out, doubled or put in."""
    data = valid
    for _ in range(draw(st.integers(1, 3))):
        at = draw(st.integers(0, len(data)))
        until = min(len(data), at + draw(st.sampled_from((0, 1, 1, 1, 2, 8, 64))))
        piece = draw(
            st.one_of(
                st.binary(max_size=4),
                st.just(b""),
                st.just(data[at:until] * 2),
                st.sampled_from(MARKS),
            )
        )
        data = data[:at] + piece + data[until:]
    return data
