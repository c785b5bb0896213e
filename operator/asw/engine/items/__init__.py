"""What a distributed Map reads, batches and writes (AWS: ItemReader, ItemBatcher, ResultWriter).

Works on objects in buckets through the port ``ObjectStore``; the platform chooses the store.
"""

from asw.engine.items.reading import Reading, batch_items, read_items
from asw.engine.items.results import ChildResult, Writing, shape_results, write_results
from asw.engine.items.store import Listed, NoSuchObject, ObjectStore

__all__ = [
    "ChildResult",
    "Listed",
    "NoSuchObject",
    "ObjectStore",
    "Reading",
    "Writing",
    "batch_items",
    "read_items",
    "shape_results",
    "write_results",
]
