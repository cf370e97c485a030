"""The only package that knows git. It reads: no command here writes, but into a repository that was made to be thrown
away, or to give a person the work tree and the branch that they asked for; and none looks at the content of the work
tree that is there.

For that content git would run the filters that a repository configures; whoever wants it opens the file.
"""

from gates.git.ask import toplevel
from gates.git.commits import commit, head, line, main_branch, merge_base, published
from gates.git.files import Changed, Entry, Listing, ignored, index, listed, listing, passed_over, staged, tree
from gates.git.hooks import Hooks, hooks
from gates.git.objects import blob_id, blobs, sizes
from gates.git.pending import Pending, pending
from gates.git.standing import attribute, is_ignored, setting, settings, tracked, unwatched, version
from gates.git.throwaway import BRANCH, grown, planted, poured, sealed, vessel
from gates.git.worktrees import branched_off, recorded, removed, returned, unbranched

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
    "branched_off",
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
    "recorded",
    "removed",
    "returned",
    "sealed",
    "setting",
    "settings",
    "sizes",
    "staged",
    "toplevel",
    "tracked",
    "tree",
    "unbranched",
    "unwatched",
    "version",
    "vessel",
]
