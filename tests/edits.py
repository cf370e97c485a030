"""Edits of a real package that change where findings are and how they are written, but not what they are about."""

from __future__ import annotations

import ast
import builtins
import io
import keyword
import random
import re
import subprocess
import sys
import tokenize
from collections.abc import Callable, Iterator
from pathlib import Path

Edit = Callable[[Path, random.Random], object]


def blank_lines(root: Path, chance: random.Random) -> None:
    """Put 500 blank lines between the statements of files."""
    paths = _sources(root)
    for _ in range(25):
        path = chance.choice(paths)
        text = path.read_text("utf-8")
        lines = text.split("\n")
        starts = [each.lineno - 1 for each in ast.parse(text).body if not getattr(each, "decorator_list", ())]
        if starts:
            lines[(at := chance.choice(starts)) : at] = [""] * 20
            path.write_text("\n".join(lines), "utf-8")


def reformatted(root: Path, chance: random.Random) -> None:
    """Format every file anew, with other quotes and another width."""
    quotes, width = chance.choice([("single", 88), ("double", 100), ("double", 120)])
    settings = ["--config", f"format.quote-style='{quotes}'", "--line-length", str(width)]
    ruff = Path(sys.executable).with_name("ruff")
    subprocess.run([ruff, "format", "--quiet", "--isolated", *settings, "."], cwd=root, check=True)


def moved_file(root: Path, chance: random.Random) -> tuple[str, str]:
    """Move a module that nothing in its own folder imports relatively, and mend the imports of it."""
    candidates = [path for path in _sources(root) if _is_movable(root, path)]
    path = chance.choice(candidates)
    new = path.with_name(f"{path.stem}_moved.py")
    path.rename(new)
    _replaced(root, path.stem, new.stem)
    return path.name, new.name


def moved_function(root: Path, chance: random.Random) -> str:
    """Take a function that nothing else refers to out of its module, into a new one that imports what it needs."""
    path, node, needed = chance.choice([(path, *each) for path in _sources(root) for each in _loose(path)])
    lines = path.read_text("utf-8").split("\n")
    block = lines[node.lineno - 1 : node.end_lineno]
    lines[node.lineno - 1 : node.end_lineno] = []
    path.write_text("\n".join(lines), "utf-8")
    target = path.with_name(f"{path.stem}_more.py")
    head = ['"""What was moved."""', "", "from __future__ import annotations", "", *needed, "", ""]
    target.write_text("\n".join([*head, *block, ""]), "utf-8")
    return f"{path.name}:{node.name}"


def renamed_function(root: Path, chance: random.Random) -> tuple[str, str]:
    """Give a function whose name occurs as nothing else another name, wherever it is spoken of."""
    text = "\n".join(path.read_text("utf-8") for path in _sources(root))
    named = re.findall(r"^\s*(?:async )?def ([a-z]\w{5,})\(", text, re.MULTILINE)
    names = sorted({each for each in named if named.count(each) == 1 and not each.startswith(("test", "__"))})
    names = [each for each in names if not re.search(rf"['\"]{each}['\"]|\b{each}\s*=(?!=)|import .*\b{each}\b", text)]
    old = chance.choice(names)
    new = f"{old}_renamed"
    _replaced(root, old, new)
    return old, new


_STANDARD = frozenset(sys.stdlib_module_names)
EDITS: dict[str, Edit] = {
    each.__name__: each for each in (blank_lines, reformatted, moved_file, moved_function, renamed_function)
}


def _sources(root: Path) -> list[Path]:
    return sorted(path for path in (root / "src").rglob("*.py") if path.name != "__init__.py")


def _is_movable(root: Path, path: Path) -> bool:
    stem = path.stem
    text = "\n".join(each.read_text("utf-8") for each in sorted(root.rglob("*.py")))
    words = len(re.findall(rf"\b{stem}\b", text))
    imported = len(re.findall(rf"(?:from|import) [\w.]*\b{stem}\b", text))
    return not keyword.iskeyword(stem) and words == imported and stem not in _STANDARD


def _loose(path: Path) -> Iterator[tuple[ast.FunctionDef, list[str]]]:
    """Yield functions that stand alone, each with the imports it needs; the module needs these, too."""
    text = path.read_text("utf-8")
    module = ast.parse(text)
    imported = {name: line for each in module.body for name, line in _imported(each)}
    own = {each.name for each in module.body if isinstance(each, ast.FunctionDef | ast.ClassDef)}
    own |= {each.id for each in ast.walk(module) if isinstance(each, ast.Name) and isinstance(each.ctx, ast.Store)}
    for node in module.body:
        if isinstance(node, ast.FunctionDef) and not node.decorator_list and not node.name.startswith("__"):
            inside = {each.id for each in ast.walk(node) if isinstance(each, ast.Name)}
            outside = {each.id for each in ast.walk(module) if isinstance(each, ast.Name)} - {node.name}
            uses = {each for each in inside if _uses(text, each) > _uses(ast.unparse(node), each)}
            needed = inside & imported.keys()
            known = (
                needed
                | set(dir(builtins))
                | {each.id for each in ast.walk(node) if isinstance(each, ast.Name) and isinstance(each.ctx, ast.Store)}
            )
            if needed <= uses & outside and inside <= known | _parameters(node) and _uses(text, node.name) == 1:
                yield node, sorted(imported[each] for each in needed)


def _imported(node: ast.stmt) -> Iterator[tuple[str, str]]:
    if isinstance(node, ast.Import | ast.ImportFrom):
        for each in node.names:
            alone = ast.copy_location(ast.Import([each]), node)
            if isinstance(node, ast.ImportFrom):
                alone = ast.ImportFrom(node.module, [each], node.level)
            yield each.asname or each.name.partition(".")[0], ast.unparse(alone)


def _parameters(node: ast.FunctionDef) -> set[str]:
    return {each.arg for each in ast.walk(node) if isinstance(each, ast.arg)}


def _uses(text: str, name: str) -> int:
    return len(re.findall(rf"\b{re.escape(name)}\b", text))


def _replaced(root: Path, old: str, new: str) -> None:
    """Replace a name, where it is a name."""
    for path in sorted(root.rglob("*.py")):
        text = path.read_text("utf-8")
        if re.search(rf"\b{old}\b", text):
            path.write_text(_renamed(text, old, new), "utf-8")


def _renamed(text: str, old: str, new: str) -> str:
    lines = text.split("\n")
    for token in reversed(list(tokenize.generate_tokens(io.StringIO(text).readline))):
        if token.type == tokenize.NAME and token.string == old:
            row, column = token.start
            line = lines[row - 1]
            lines[row - 1] = line[:column] + new + line[column + len(old) :]
    return "\n".join(lines)
