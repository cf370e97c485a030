"""The only package that knows git. It reads: no command here writes, but into a repository that was made to be thrown
away, and none looks at the content of the work tree.

For that content git would run the filters that a repository configures; whoever wants it opens the file.
"""

from gates.git.ask import toplevel
from gates.git.commits import commit, head, line, main_branch, merge_base, published
from gates.git.files import Changed, Entry, Listing, ignored, index, listed, listing, passed_over, staged, tree
from gates.git.hooks import Hooks, hooks
from gates.git.objects import blob_id, blobs
from gates.git.pending import Pending, pending
from gates.git.standing import attribute, is_ignored, setting, tracked, version
from gates.git.throwaway import BRANCH, grown, planted, poured, sealed, vessel

__all__ = [
    "BRANCH",
    "Changed",
    "Entry",
    "Hooks",
    "Listing",
    "Pending",
    "attribute",
    "blob_id",
    "blobs",
    "commit",
    "grown",
    "head",
    "hooks",
    "ignored",
    "index",
    "is_ignored",
    "line",
    "listed",
    "listing",
    "main_branch",
    "merge_base",
    "passed_over",
    "pending",
    "planted",
    "poured",
    "published",
    "sealed",
    "setting",
    "staged",
    "toplevel",
    "tracked",
    "tree",
    "version",
    "vessel",
]
