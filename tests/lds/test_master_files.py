"""EF.ATR/INFO and EF.DIR, the files of the master file that are not SecurityInfos."""

from collections.abc import Callable

import pytest
from group_cases import template
from hypothesis import assume, given, settings
from hypothesis import strategies as st
from mutation import mutated

from epass import tlv
from epass.errors import FormatError
from epass.lds.card_info import CardInfo
from epass.lds.directory import Application, ApplicationDirectory
from epass.lds.names import LDS1_AID

INFO = bytes.fromhex("4301B8470394B1E07F660802020800020207D0")
DIRECTORY = b"".join(
    template(0x61, [(0x4F, bytes.fromhex(aid))])
    for aid in ("A0000002471001", "A0000002472001", "A0000002472002", "A0000002472003")
)


def test_every_element_of_ef_atr_info() -> None:
    assert CardInfo.parse(INFO) == CardInfo(
        max_command=0x800,
        max_response=2000,
        selection_by_name=True,
        short_identifiers=True,
        record_numbers=False,
        command_chaining=True,
        extended_length=True,
        lengths_are_here=True,
        service_data=b"\xb8",
        unknown={},
        notes=(),
    )


@pytest.mark.parametrize(
    ("functions", "expected"),
    [
        ("470100", (False, False, False, None, None, None)),
        ("47020221", (False, False, True, None, None, None)),
        ("4703000080", (False, False, False, True, False, False)),
        ("4703000040", (False, False, False, False, True, False)),
        ("4703000020", (False, False, False, False, False, True)),
        ("4301B8", (None, None, None, None, None, None)),
    ],
)
def test_capabilities_that_a_chip_states(functions: str, expected: tuple[bool | None, ...]) -> None:
    info = CardInfo.parse(bytes.fromhex(functions))
    assert expected == (
        info.selection_by_name,
        info.short_identifiers,
        info.record_numbers,
        info.command_chaining,
        info.extended_length,
        info.lengths_are_here,
    )
    assert (info.max_command, info.max_response) == (None, None)


def test_what_else_is_in_ef_atr_info_is_kept_and_no_deviation() -> None:
    info = CardInfo.parse(bytes.fromhex("460212344601FF") + INFO)
    assert info.unknown == {0x46: (b"\x12\x34", b"\xff")}
    assert info.notes == ()


@pytest.mark.parametrize(
    ("content", "message"),
    [
        ("", "EF.ATR/INFO at byte 0: empty"),
        ("47", "EF.ATR/INFO at byte 1: the data ends before the length"),
        ("7F660402020780", "EF.ATR/INFO/7F66 at byte 3: not two integers"),
        ("7F6609020178020178020178", "EF.ATR/INFO/7F66 at byte 3: not two integers"),
        ("7F66050200020178", "EF.ATR/INFO/7F66/02 at byte 5: an integer of 0 bytes"),
        (
            "7F660A02050100000000020178",
            "EF.ATR/INFO/7F66/02 at byte 5: an integer of 5 bytes",
        ),
        ("4700", "EF.ATR/INFO/47 at byte 2: card capabilities of 0 bytes, not 1 to 3"),
        ("470400000000", "EF.ATR/INFO/47 at byte 2: card capabilities of 4 bytes, not 1 to 3"),
        ("4301B84301B8", "EF.ATR/INFO/43 at byte 5: the data object stands twice"),
        ("4301B8000043", "EF.ATR/INFO at byte 3: more behind the filling of the file"),
        ("4301B80000FF", "EF.ATR/INFO at byte 3: more behind the filling of the file"),
    ],
)
def test_malformed_ef_atr_info(content: str, message: str) -> None:
    with pytest.raises(FormatError) as caught:
        CardInfo.parse(bytes.fromhex(content))
    assert str(caught.value) == message


def test_the_directory_of_the_standard() -> None:
    directory = ApplicationDirectory.parse(DIRECTORY)
    assert [item.name for item in directory.applications] == [
        "eMRTD",
        "travel records",
        "visa records",
        "additional biometrics",
    ]
    assert directory.applications[0] == Application(LDS1_AID, "eMRTD", "", {})
    assert (directory.unknown, directory.notes) == ({}, ())


def test_an_application_that_nobody_knows() -> None:
    entry = template(0x61, [(0x4F, b"\xd2\x76"), (0x50, b"LOYALTY"), (0x51, b"\x3f\x00")])
    (found,) = ApplicationDirectory.parse(entry).applications
    assert found == Application(b"\xd2\x76", "", "LOYALTY", {0x51: (b"\x3f\x00",)})


def test_what_else_is_in_ef_dir_is_kept() -> None:
    directory = ApplicationDirectory.parse(DIRECTORY + b"\x53\x01?")
    assert (directory.unknown, directory.notes) == ({0x53: (b"?",)}, ())


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (b"", "EF.DIR at byte 0: empty"),
        (b"\x61\x00", "EF.DIR/61 at byte 2: the data object 4F is missing"),
        (
            b"\x61\x02\x4f\x00",
            "EF.DIR/61/4F at byte 4: an application identifier of 0 bytes, not 1 to 16",
        ),
        (
            template(0x61, [(0x4F, bytes(17))]),
            "EF.DIR/61/4F at byte 4: an application identifier of 17 bytes, not 1 to 16",
        ),
        (
            template(0x61, [(0x4F, LDS1_AID)] * 2),
            "EF.DIR/61/4F at byte 13: the data object stands twice",
        ),
        (DIRECTORY[:-1], "EF.DIR/61 at byte 33: 9 bytes declared, 8 are there"),
    ],
)
def test_malformed_ef_dir(content: bytes, message: str) -> None:
    with pytest.raises(FormatError) as caught:
        ApplicationDirectory.parse(content)
    assert str(caught.value) == message


@given(
    st.lists(st.binary(min_size=1, max_size=16), max_size=9), st.sampled_from((b"\x00", b"\xff"))
)
def test_what_is_built_parses_back_filled_up_or_not(aids: list[bytes], filling: bytes) -> None:
    content = b"".join(template(0x61, [(0x4F, aid)]) for aid in aids) + filling * 7
    directory = ApplicationDirectory.parse(content)
    assert [item.identifier for item in directory.applications] == aids
    assert directory.notes == ("7 bytes of filling at the end",)


lengths = st.one_of(st.none(), st.tuples(st.integers(0, 2**32 - 1), st.integers(0, 2**32 - 1)))
others = st.dictionaries(
    st.sampled_from((0x42, 0x46, 0x5F52, 0xDF21)),
    st.lists(st.binary(max_size=200), min_size=1, max_size=3),
)


@given(
    said=lengths,
    functions=st.binary(max_size=3),
    service=st.binary(max_size=4),
    unknown=others,
    filling=st.integers(0, 9),
)
def test_what_is_built_of_ef_atr_info_parses_back(
    said: tuple[int, int] | None,
    functions: bytes,
    service: bytes,
    unknown: dict[int, list[bytes]],
    filling: int,
) -> None:
    parts = [tlv.build(tag, value) for tag, values in unknown.items() for value in values]
    parts += [tlv.build(0x43, service)] if service else []
    parts += [tlv.build(0x47, functions)] if functions else []
    if said:
        parts.append(template(0x7F66, [(0x02, number.to_bytes(4)) for number in said]))
    content = b"".join(parts)
    assume(content)
    info = CardInfo.parse(content + bytes(filling))
    assert (info.max_command, info.max_response) == (said or (None, None))
    assert (info.command_chaining is None) is (len(functions) < 3)
    assert (info.service_data, info.unknown) == (
        service,
        {tag: tuple(v) for tag, v in unknown.items()},
    )
    assert info.notes == ((f"{filling} bytes of filling at the end",) if filling else ())


@given(
    st.lists(
        st.tuples(st.binary(min_size=1, max_size=16), st.text("ABC xyz", max_size=9), others),
        max_size=5,
    ),
    others,
)
def test_labels_and_unknown_data_objects_of_ef_dir_parse_back(
    entries: list[tuple[bytes, str, dict[int, list[bytes]]]], unknown: dict[int, list[bytes]]
) -> None:
    content = b"".join(
        template(
            0x61,
            [(0x4F, aid), *(((0x50, label.encode()),) if label else ())]
            + [(tag, value) for tag, values in more.items() for value in values],
        )
        for aid, label, more in entries
    ) + b"".join(tlv.build(tag, value) for tag, values in unknown.items() for value in values)
    assume(content)
    directory = ApplicationDirectory.parse(content)
    assert directory.unknown == {tag: tuple(values) for tag, values in unknown.items()}
    for (aid, label, more), found in zip(entries, directory.applications, strict=True):
        assert (found.identifier, found.label) == (aid, label)
        assert found.unknown == {tag: tuple(values) for tag, values in more.items()}


@settings(max_examples=200)
@pytest.mark.parametrize(
    ("parse", "valid", "label"),
    [(CardInfo.parse, INFO, "EF.ATR/INFO"), (ApplicationDirectory.parse, DIRECTORY, "EF.DIR")],
)
@given(st.data())
def test_any_bytes_are_parsed_or_refused(
    parse: Callable[[bytes], object], valid: bytes, label: str, data: st.DataObject
) -> None:
    try:
        parse(data.draw(st.one_of(st.binary(max_size=64), mutated(valid))))
    except FormatError as fault:
        assert fault.where.startswith(label)


def test_a_file_of_nothing_but_filling() -> None:
    assert ApplicationDirectory.parse(bytes(64)) == ApplicationDirectory(
        (), {}, ("64 bytes of filling at the end",)
    )
