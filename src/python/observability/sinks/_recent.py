"""Remembers what came last, so that memory stays bounded."""

from collections import OrderedDict
from typing import Generic, TypeVar

_Key = TypeVar("_Key")
_Value = TypeVar("_Value")


class Recent(OrderedDict[_Key, _Value], Generic[_Key, _Value]):
    """The values that were put in last, `most` of them; who puts one more forgets the oldest."""

    def __init__(self, most: int) -> None:
        super().__init__()
        self._most = most

    def put(self, key: _Key, value: _Value) -> None:
        """Remember a value."""
        self[key] = value
        if len(self) > self._most:
            self.popitem(last=False)
