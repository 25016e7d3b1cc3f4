from shared.runtime.consumer.garbage import Piece, choose


def test_pieces_are_kept_while_the_bytes_of_their_topic_last() -> None:
    pieces = [Piece("a", "x", 6), Piece("b", "x", 6), Piece("a", "x", 6), Piece("a", "x", 4)]

    assert choose(pieces, {"a": 10, "b": 6}) == [True, True, False, True]


def test_without_bytes_left_only_what_is_empty_is_kept() -> None:
    assert choose([Piece("a", "x", 1), Piece("a", "x", 0)], {"a": 0}) == [False, True]
