"""One small grammar for filters: `layer_name:sentiment latency_ms>500 -status:completed since:1h`.

`parse` reads it; `predicate` judges events one by one, `condition` asks the index the same in SQL.
"""

from explorer.filter.condition import Condition, condition
from explorer.filter.error import FilterError
from explorer.filter.expression import EVERYTHING, All, Expression
from explorer.filter.field import Field, Kind, fields
from explorer.filter.moment import read_duration
from explorer.filter.parse import parse
from explorer.filter.predicate import predicate

__all__ = [
    "EVERYTHING",
    "All",
    "Condition",
    "Expression",
    "Field",
    "FilterError",
    "Kind",
    "condition",
    "fields",
    "parse",
    "predicate",
    "read_duration",
]
