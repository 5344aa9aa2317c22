"""Package indexes, read over HTTP or from disk, and small members of the wheels on them."""

from envgen.index.access import Access, IndexFault
from envgen.index.listing import File, Listing
from envgen.index.reader import Reader
from envgen.index.wheel import RemoteWheel

__all__ = ["Access", "File", "IndexFault", "Listing", "Reader", "RemoteWheel"]
