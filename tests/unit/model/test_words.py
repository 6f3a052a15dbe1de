"""Word by word: which words differ, and nothing of the texts is lost."""

from __future__ import annotations

from difflib import unified_diff

from hypothesis import given
from hypothesis import strategies as st

from jackfield.domain.model.words import Line, Mark, Piece, marked, words

TEXTS = st.text(alphabet="ab \t.é漢\n-+@", max_size=40)


def joined(pieces: tuple[Piece, ...], mark: Mark) -> str:
    return "".join(p.text for p in pieces if p.mark in {mark, Mark.SAME})


@given(before=TEXTS, after=TEXTS)
def test_the_pieces_give_both_texts_back(before: str, after: str) -> None:
    pieces = words(before, after)

    assert (joined(pieces, Mark.REMOVED), joined(pieces, Mark.ADDED)) == (before, after)


@given(text=TEXTS)
def test_equal_texts_have_no_difference(text: str) -> None:
    assert all(piece.mark is Mark.SAME for piece in words(text, text))


def test_only_the_changed_word_is_marked() -> None:
    assert words("Greet them kindly.", "Greet them briefly.") == (
        Piece(Mark.SAME, "Greet them "),
        Piece(Mark.REMOVED, "kindly"),
        Piece(Mark.ADDED, "briefly"),
        Piece(Mark.SAME, "."),
    )


def test_texts_without_much_in_common_are_replaced_whole() -> None:
    assert words("one two three", "four five") == (
        Piece(Mark.REMOVED, "one two three"),
        Piece(Mark.ADDED, "four five"),
    )


def test_a_huge_line_is_not_compared_word_by_word() -> None:
    before, after = "a " * 5000, "a " * 5001

    assert [p.mark for p in words(before, after)] == [Mark.REMOVED, Mark.ADDED]


@given(before=st.lists(TEXTS.map(lambda t: t.replace("\n", ""))), after=st.lists(TEXTS))
def test_marking_a_diff_keeps_every_line(before: list[str], after: list[str]) -> None:
    lines = tuple(unified_diff(before, after, "a", "b", lineterm=""))

    assert tuple(line.text for line in marked(lines)) == lines


@given(before=st.lists(TEXTS), after=st.lists(TEXTS))
def test_the_pieces_of_a_line_are_the_line(before: list[str], after: list[str]) -> None:
    lines = tuple(unified_diff(before, after, "a", "b", lineterm=""))

    assert all("".join(p.text for p in line.pieces) == line.text[1:] for line in marked(lines) if line.pieces)


def test_a_line_without_a_partner_is_changed_whole() -> None:
    lines = ("--- a", "+++ b", "@@ -1 +1,2 @@", " same", "+new one")

    assert marked(lines)[-1] == Line(Mark.ADDED, "+new one", (Piece(Mark.ADDED, "new one"),))


def test_a_removed_line_of_dashes_is_no_head() -> None:
    lines = ("--- a", "+++ b", "@@ -1,2 +1 @@", "---- user", " x")

    assert [line.mark for line in marked(lines)] == [Mark.HEAD] * 3 + [Mark.REMOVED, Mark.SAME]
