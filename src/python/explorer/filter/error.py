"""What is wrong with a filter: where, and what to write instead."""

from rich.cells import cell_len

from explorer.harmless import harmless

BEFORE, AFTER = 40, 30


class FilterError(ValueError):
    """A filter cannot be read.

    `column` counts characters from 0, and `length` says how many of them are meant. The message
    shows the place, over several lines; `problem` and `hint` are its sentences alone.
    """

    def __init__(self, text: str, *, column: int, length: int, problem: str, hint: str) -> None:
        self.text = text
        self.column = column
        self.length = length
        self.problem = problem
        self.hint = hint
        super().__init__(f"{problem}\n{self.pointed()}\n{hint}")

    def pointed(self) -> str:
        """Return the filter, or what of it is near, and below it a line that points."""
        start = max(0, self.column - BEFORE)
        stop = self.column + max(1, min(self.length, AFTER))
        before = ("…" if start else "") + harmless(self.text[start : self.column])
        meant = harmless(self.text[self.column : stop])
        after = harmless(self.text[stop : stop + AFTER])
        more = "…" if stop + AFTER < len(self.text) else ""
        carets = "^" * max(1, cell_len(meant))
        return f"  {before}{meant}{after}{more}\n  {' ' * cell_len(before)}{carets}"
