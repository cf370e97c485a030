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
_RUFF = str(Path(sys.executable).with_name("ruff"))


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
    subprocess.run([_RUFF, "format", "--quiet", "--isolated", *settings, "."], cwd=root, check=True)


def moved_file(root: Path, chance: random.Random) -> tuple[str, str]:
    """Move a module that nothing in its own folder imports relatively, and mend the imports of it."""
    candidates = [path for path in _sources(root) if _is_movable(root, path)]
    path = chance.choice(candidates)
    new = path.with_name(f"{path.stem}_moved.py")
    path.rename(new)
    _replaced(root, path.stem, new.stem)
    return path.name, new.name


def moved_function(root: Path, chance: random.Random) -> str:
    """Take a function out of its module into a new one, from which the old one takes it for whoever asked for it."""
    path, node = chance.choice([(path, node) for path in _sources(root) for node in _loose(path)])
    lines = path.read_text("utf-8").split("\n")
    imports = [each for each in ast.parse("\n".join(lines)).body if _imports(each)]
    target = path.with_name(f"{path.stem}_more.py")
    head = [line.partition("  #")[0] for each in imports for line in lines[each.lineno - 1 : each.end_lineno]]
    block = lines[node.lineno - 1 : node.end_lineno]
    target.write_text("\n".join(['"""What was moved."""', "", *head, "", "", *block, ""]), "utf-8")
    lines[node.lineno - 1 : node.end_lineno] = []
    last = max((each.end_lineno or 0 for each in imports if each.lineno < node.lineno), default=0)
    lines.insert(last, f"from .{target.stem} import {node.name} as {node.name}")
    path.write_text("\n".join(lines), "utf-8")
    argv = [_RUFF, "check", "--quiet", "--isolated", "--fix", "--select", "F401", str(path), str(target)]
    subprocess.run(argv, cwd=root, check=True)
    return f"{path.name}:{node.name}"


def renamed_function(root: Path, chance: random.Random) -> tuple[str, str]:
    """Give a function whose name occurs as nothing else another name, wherever it is spoken of."""
    texts = [path.read_text("utf-8") for path in _sources(root)]
    text = "\n".join(texts)
    named = [each for one in texts for each in _own(ast.parse(one))]
    names = sorted({each for each in named if len(re.findall(rf"\bdef {each}\b", text)) == 1 and len(each) > 5})
    spoken = r"['\"]{0}['\"]|\b{0}\s*=(?!=)|(?:from|import) .*\b{0}\b"
    names = [each for each in names if not re.search(spoken.format(each), text)]
    old = chance.choice(names)
    new = f"{old}_renamed"
    _replaced(root, old, new)
    return old, new


_STANDARD = frozenset(sys.stdlib_module_names)
EDITS: dict[str, Edit] = {
    each.__name__: each for each in (blank_lines, reformatted, moved_file, moved_function, renamed_function)
}


def _sources(root: Path) -> list[Path]:
    """Return the modules of the packages, wherever the layout of the project puts these."""
    above = root / "src" if (root / "src").is_dir() else root
    packages = (each.parent for each in above.glob("*/__init__.py") if each.parent.name != "tests")
    return sorted(path for each in packages for path in each.rglob("*.py") if path.name != "__init__.py")


def _is_movable(root: Path, path: Path) -> bool:
    stem = path.stem
    text = "\n".join(each.read_text("utf-8") for each in sorted(root.rglob("*.py")))
    words = len(re.findall(rf"\b{stem}\b", text))
    imported = len(re.findall(rf"(?:from|import) [\w.]*\b{stem}\b", text))
    return not keyword.iskeyword(stem) and words == imported and stem not in _STANDARD


def _own(module: ast.Module) -> Iterator[str]:
    """Yield the names of functions, and of methods that can stand in for nobody else's."""
    alone = [each for each in module.body if isinstance(each, ast.ClassDef) and not each.bases]
    for body in [module.body, *(each.body for each in alone)]:
        for each in body:
            if isinstance(each, ast.FunctionDef | ast.AsyncFunctionDef) and not each.name.startswith(("test", "__")):
                yield each.name


def _loose(path: Path) -> Iterator[ast.FunctionDef]:
    """Yield functions that need nothing but what comes with Python and what their module imports from its package."""
    module = ast.parse(path.read_text("utf-8"))
    imported = {name for each in module.body if _imports(each) for name in _imported(each)}
    functions = [each for each in module.body if isinstance(each, ast.FunctionDef) and not each.decorator_list]
    if imported:
        yield from (each for each in functions if _needed(each) <= imported)


def _needed(node: ast.FunctionDef) -> set[str]:
    """Return the names that a function takes from around it."""
    named = [each for each in ast.walk(node) if isinstance(each, ast.Name)]
    own = _parameters(node) | {each.id for each in named if isinstance(each.ctx, ast.Store)}
    return {each.id for each in named} - own - set(dir(builtins))


def _imports(node: ast.stmt) -> bool:
    """Whether a statement imports something, perhaps only for types."""
    if isinstance(node, ast.If):
        return "TYPE_CHECKING" in ast.unparse(node.test) and not node.orelse
    return isinstance(node, ast.Import | ast.ImportFrom)


def _imported(node: ast.stmt) -> set[str]:
    """Return names that can be imported a second time without a second finding on what nobody installed."""
    origins = {alias: each for each in ast.walk(node) for alias in getattr(each, "names", ())}
    again = {alias.asname or alias.name for alias, each in origins.items() if _is_known(each, alias)}
    return {each.partition(".")[0] for each in again}


def _is_known(node: ast.AST, alias: ast.alias) -> bool:
    if isinstance(node, ast.ImportFrom):
        return node.level > 0 or _is_standard(node.module or "")
    return _is_standard(alias.name)


def _is_standard(module: str) -> bool:
    return module.partition(".")[0] in _STANDARD


def _parameters(node: ast.FunctionDef) -> set[str]:
    return {each.arg for each in ast.walk(node) if isinstance(each, ast.arg)}


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
