"""The only package that knows git. It reads: no command here writes, and none looks at the content of the work tree.

For that content git would run the filters that a repository configures; whoever wants it opens the file.
"""

from gates.git.ask import toplevel
from gates.git.commits import commit, head, merge_base, published
from gates.git.files import Changed, Entry, ignored, index, listed, staged, tree
from gates.git.hooks import Hooks, hooks
from gates.git.objects import blob_id, blobs

__all__ = [
    "Changed",
    "Entry",
    "Hooks",
    "blob_id",
    "blobs",
    "commit",
    "head",
    "hooks",
    "ignored",
    "index",
    "listed",
    "merge_base",
    "published",
    "staged",
    "toplevel",
    "tree",
]
