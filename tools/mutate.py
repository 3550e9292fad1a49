"""Mutates one module at a time and tells which mutants its tests do not notice.

A mutant is one changed place: a comparison turned round or moved by one, `and`/`or`, `+`/`-` or `max`/`min` exchanged,
a `not` added to a condition, a number moved by one, a truth turned round, a `raise` or a statement left out. The
mutated file is put before the real one on the path, in a copy of its package made of links, so the working tree is
never touched. Each mutant is one pytest with the plugins that the tests need and nothing else, its files in memory.

    python tools/mutate.py MODULE.py [--most N] [--seed N] [--jobs N] -- PYTEST_ARGUMENTS…
"""

import argparse
import ast
import copy
import os
import random
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Final

PATIENCE: Final = 5
"""A mutant that takes so many times as long as the unchanged module runs for ever: killed."""
LEAST_SECONDS: Final = 60
"""The same for tests that take no time; wide, because the machine may be shared."""
JOBS: Final = 2
"""Mutants at a time: one a core of the smallest machine that runs this."""
PLUGINS: Final = ("pytest_timeout", "_hypothesis_pytestplugin")
MEMORY: Final = "/dev/shm"  # noqa: S108 - each mutant makes a folder of its own in it

_ARITHMETIC: Final[dict[type[ast.operator], type[ast.operator]]] = {ast.Add: ast.Sub, ast.Sub: ast.Add}
_BOUNDS: Final = {"max": "min", "min": "max"}

_OPPOSITE: Final[dict[type[ast.cmpop], type[ast.cmpop]]] = {
    ast.Eq: ast.NotEq,
    ast.NotEq: ast.Eq,
    ast.Lt: ast.LtE,
    ast.LtE: ast.Lt,
    ast.Gt: ast.GtE,
    ast.GtE: ast.Gt,
    ast.Is: ast.IsNot,
    ast.IsNot: ast.Is,
    ast.In: ast.NotIn,
    ast.NotIn: ast.In,
}


@dataclass(frozen=True)
class Mutant:
    """One changed module."""

    what: str
    line: int
    source: str


def main(arguments: list[str]) -> int:
    """Run the tests on every mutant; print the survivors; return 0 when there are none."""
    place = arguments.index("--") if "--" in arguments else len(arguments)
    own, tests = arguments[:place], arguments[place + 1 :]
    options = _parser().parse_args(own)
    mutants = list(mutants_of(options.module))
    random.Random(options.seed).shuffle(mutants)  # noqa: S311 - a sample, no secret
    chosen = mutants[: options.most]
    began = time.monotonic()
    unchanged = Mutant("nothing", 0, options.module.read_text(encoding="utf-8"))
    if not survives(options.module, tests, 10 * LEAST_SECONDS, unchanged):
        print(f"{options.module}: the tests fail on the module as it is")
        return 2
    patience_s = LEAST_SECONDS + PATIENCE * (time.monotonic() - began)
    with ThreadPoolExecutor(options.jobs) as pool:
        lived = pool.map(partial(survives, options.module, tests, patience_s), chosen)
        survivors = [mutant for mutant, alive in zip(chosen, lived, strict=True) if alive]
    lines = options.module.read_text(encoding="utf-8").splitlines()
    for mutant in sorted(survivors, key=lambda each: each.line):
        print(f"survived: {options.module}:{mutant.line}: {mutant.what}: `{lines[mutant.line - 1].strip()}`")
    print(f"{options.module}: {len(chosen) - len(survivors)} of {len(chosen)} killed, {len(mutants)} possible")
    return 1 if survivors else 0


def mutants_of(path: Path) -> Iterator[Mutant]:
    """Yield every mutant of the module."""
    tree = ast.parse(path.read_text(encoding="utf-8"))
    decorations = _decorations(tree)
    for number, node in enumerate(ast.walk(tree)):
        if node in decorations:
            continue
        for what, change in _changes(node):
            mutated = copy.deepcopy(tree)
            twin = next(found for at, found in enumerate(ast.walk(mutated)) if at == number)
            change(twin)
            yield Mutant(what, getattr(node, "lineno", 0), ast.unparse(ast.fix_missing_locations(mutated)))


def _decorations(tree: ast.AST) -> set[ast.AST]:
    """Return what says how a class is made: whether it is frozen is for the type checker, not for tests."""
    decorated = [node for node in ast.walk(tree) if isinstance(node, ast.ClassDef | ast.FunctionDef)]
    roots: list[ast.AST] = [decorator for node in decorated for decorator in node.decorator_list]
    roots += [keyword for node in decorated if isinstance(node, ast.ClassDef) for keyword in node.keywords]
    return {part for root in roots for part in ast.walk(root)}


def survives(path: Path, tests: list[str], patience_s: float, mutant: Mutant) -> bool:
    """Tell whether the tests pass on the mutant within the time."""
    with tempfile.TemporaryDirectory(dir=MEMORY) as folder:
        room = _overlay(path, Path(folder) / "room", mutant.source)
        surroundings = {
            **os.environ,
            "PYTHONPATH": str(room),
            "TMPDIR": folder,
            "HYPOTHESIS_STORAGE_DIRECTORY": f"{folder}/hypothesis",
            "PYTEST_DISABLE_PLUGIN_AUTOLOAD": "1",
        }
        plugins = [argument for plugin in PLUGINS for argument in ("-p", plugin)]
        command = [sys.executable, "-m", "pytest", *plugins, "-q", "-x", "--hypothesis-seed=1", *tests]
        try:
            done = subprocess.run(command, env=surroundings, capture_output=True, check=False, timeout=patience_s)
        except subprocess.TimeoutExpired:
            return False
    return done.returncode == 0


def _overlay(path: Path, folder: Path, source: str) -> Path:
    """Return a room that is like the module's own but for the module; what is not on the way to it is a link."""
    room = path.resolve().parent
    while (room / "__init__.py").exists():
        room = room.parent
    folder.mkdir()
    here, twin = room, folder
    for part in path.resolve().relative_to(room).parts:
        if here != room:
            for other in here.iterdir():
                if other.name not in {part, "__pycache__"}:
                    (twin / other.name).symlink_to(other)
        here, twin = here / part, twin / part
        if here.is_dir():
            twin.mkdir()
    twin.write_text(source, encoding="utf-8")
    return folder


def _changes(node: ast.AST) -> Iterator[tuple[str, Callable[[ast.AST], None]]]:
    """Yield what can be changed at this node, and how."""
    if isinstance(node, ast.Compare):
        yield from ((f"comparison {place}", _turned(place)) for place in range(len(node.ops)))
    if isinstance(node, ast.BoolOp):
        yield "and/or", _exchanged
    if isinstance(node, ast.If | ast.IfExp | ast.While):
        yield "condition", _denied
    if isinstance(node, ast.If | ast.FunctionDef | ast.AsyncFunctionDef | ast.With | ast.For | ast.Try):
        yield from _left_out(node)
    yield from _changed_value(node)


def _changed_value(node: ast.AST) -> Iterator[tuple[str, Callable[[ast.AST], None]]]:
    if isinstance(node, ast.Constant) and isinstance(node.value, bool):
        yield "truth", _reversed
    elif isinstance(node, ast.Constant) and isinstance(node.value, int):
        yield "number", _moved
    if isinstance(node, ast.BinOp) and type(node.op) in _ARITHMETIC and not _joins_text(node):
        yield "plus/minus", _opposite
    if isinstance(node, ast.Name) and node.id in _BOUNDS:
        yield "max/min", _other_bound


def _left_out(node: ast.AST) -> Iterator[tuple[str, Callable[[ast.AST], None]]]:
    for place, statement in enumerate(node.body):  # type: ignore[attr-defined] # each of them has one
        if isinstance(statement, ast.Raise | ast.Expr | ast.Assign) and not _is_text(statement):
            yield f"left out: {ast.unparse(statement)[:60]}", _without(place)


def _is_text(statement: ast.stmt) -> bool:
    return isinstance(statement, ast.Expr) and isinstance(statement.value, ast.Constant)


def _turned(place: int) -> Callable[[ast.AST], None]:
    def change(node: ast.AST) -> None:
        node.ops[place] = _OPPOSITE[type(node.ops[place])]()  # type: ignore[attr-defined] # a comparison

    return change


def _without(place: int) -> Callable[[ast.AST], None]:
    def change(node: ast.AST) -> None:
        node.body[place] = ast.Pass()  # type: ignore[attr-defined] # as above

    return change


def _exchanged(node: ast.AST) -> None:
    node.op = ast.Or() if isinstance(node.op, ast.And) else ast.And()  # type: ignore[attr-defined] # and/or


def _joins_text(node: ast.BinOp) -> bool:
    """Tell a sum that can only be of texts, bytes or lists: its difference would be an error and no mutant."""
    joined = (ast.JoinedStr, ast.List, ast.Tuple)
    return any(
        isinstance(side, joined) or (isinstance(side, ast.Constant) and isinstance(side.value, str | bytes))
        for side in (node.left, node.right)
    )


def _opposite(node: ast.AST) -> None:
    node.op = _ARITHMETIC[type(node.op)]()  # type: ignore[attr-defined] # a sum or difference


def _other_bound(node: ast.AST) -> None:
    node.id = _BOUNDS[node.id]  # type: ignore[attr-defined] # a name


def _reversed(node: ast.AST) -> None:
    node.value = not node.value  # type: ignore[attr-defined] # a truth


def _denied(node: ast.AST) -> None:
    node.test = ast.UnaryOp(ast.Not(), node.test)  # type: ignore[attr-defined] # a condition


def _moved(node: ast.AST) -> None:
    node.value += 1  # type: ignore[attr-defined] # a number


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="mutate", description="which mutants of a module do its tests not notice?")
    parser.add_argument("module", type=Path)
    parser.add_argument("--most", type=int, default=1000, help="a sample of so many mutants")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--jobs", type=int, default=JOBS)
    return parser


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
