"""Functions whose results a sweep keeps."""

from foundation.core.memo import once, reading_once

asked: list[tuple[int, int]] = []


@once
def total(one: int, other: int = 0) -> int:
    asked.append((one, other))
    return one + other


def test_a_read_is_repeated_outside_the_block_and_once_inside_for_the_same_arguments() -> None:
    asked.clear()

    assert [total(1), total(1)] == [1, 1]
    assert len(asked) == 2
    with reading_once():
        assert [total(1), total(1), total(2), total(1, other=5), total(1, other=5)] == [
            1,
            1,
            2,
            6,
            6,
        ]
        assert asked[2:] == [(1, 0), (2, 0), (1, 5)]
    total(1)
    with reading_once():
        total(1)
    assert asked[5:] == [(1, 0), (1, 0)]


def test_a_block_within_a_block_keeps_for_itself_and_an_error_ends_it() -> None:
    asked.clear()

    with reading_once():
        total(1)
        try:
            with reading_once():
                total(1)
                raise ValueError
        except ValueError:
            pass
        total(1)
    total(1)

    assert asked == [(1, 0)] * 3
