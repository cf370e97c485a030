"""The only package that knows git. It reads: no command here writes, and none looks at the content of the work tree.

For that content git would run the filters that a repository configures; whoever wants it opens the file.
"""

from gates.git.ask import toplevel
from gates.git.commits import commit, head, merge_base
from gates.git.files import Entry, ignored, index, listed, tree
from gates.git.objects import blob_id, blobs

__all__ = [
    "Entry",
    "blob_id",
    "blobs",
    "commit",
    "head",
    "ignored",
    "index",
    "listed",
    "merge_base",
    "toplevel",
    "tree",
]
