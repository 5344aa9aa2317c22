"""What each release of torch exports, and how its types lie in memory: an index that answers without any of them."""

from envgen.symbols.index import Presence, SymbolIndex
from envgen.symbols.layout import Difference, Group, Groups, Layout
from envgen.symbols.names import is_torch_name
from envgen.symbols.store import IndexStore
from envgen.symbols.table import Column, SymbolTable

__all__ = [
    "Column",
    "Difference",
    "Group",
    "Groups",
    "IndexStore",
    "Layout",
    "Presence",
    "SymbolIndex",
    "SymbolTable",
    "is_torch_name",
]
