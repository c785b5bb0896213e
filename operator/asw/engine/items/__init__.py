"""What a distributed Map reads, batches and writes (AWS: ItemReader, ItemBatcher, ResultWriter).

Works on objects in buckets through the port ``ObjectStore``; the platform chooses the store.
"""

from asw.engine.items.reading import Reading, batch_items, iterate_items, read_items
from asw.engine.items.results import (
    ChildResult,
    ResultFile,
    Writing,
    result_files,
    shape_results,
    write_results,
    written,
)
from asw.engine.items.store import Listed, NoSuchObject, ObjectStore

__all__ = [
    "ChildResult",
    "Listed",
    "NoSuchObject",
    "ObjectStore",
    "Reading",
    "ResultFile",
    "Writing",
    "batch_items",
    "iterate_items",
    "read_items",
    "result_files",
    "shape_results",
    "write_results",
    "written",
]
