"""Mutates one module at a time and tells which mutants its tests do not notice.

A mutant is one changed place: a comparison turned round or moved by one, `and`/`or` exchanged, a `not` added to a
condition, a number moved by one, a `raise` or a statement left out. The mutated file is put before the real one on the
path, in a copy of its package made of links, so the working tree is never touched.

    python tools/mutate.py MODULE.py [--most N] [--seed N] -- PYTEST_ARGUMENTS…
"""

import argparse
import ast
import copy
import os
import random
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Final

TEST_SECONDS: Final = 240
"""A mutant that makes its tests run for ever is killed by this."""

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
    survivors = [mutant for mutant in chosen if survives(options.module, mutant, tests)]
    for mutant in survivors:
        print(f"survived: {options.module}:{mutant.line}: {mutant.what}")
    killed = len(chosen) - len(survivors)
    print(f"{options.module}: {killed} of {len(chosen)} killed, {len(mutants)} possible")
    return 1 if survivors else 0


def mutants_of(path: Path) -> Iterator[Mutant]:
    """Yield every mutant of the module."""
    tree = ast.parse(path.read_text(encoding="utf-8"))
    for number, node in enumerate(ast.walk(tree)):
        for what, change in _changes(node):
            mutated = copy.deepcopy(tree)
            twin = next(found for at, found in enumerate(ast.walk(mutated)) if at == number)
            change(twin)
            yield Mutant(what, getattr(node, "lineno", 0), ast.unparse(ast.fix_missing_locations(mutated)))


def survives(path: Path, mutant: Mutant, tests: list[str]) -> bool:
    """Tell whether the tests pass on the mutant."""
    with tempfile.TemporaryDirectory() as folder:
        room = _overlay(path, Path(folder), mutant.source)
        surroundings = {**os.environ, "HANARE_MUTANT": str(room), "PYTHONPATH": str(room)}
        command = [sys.executable, "-m", "pytest", "-q", "-x", "-p", "no:randomly", *tests]
        try:
            done = subprocess.run(command, env=surroundings, capture_output=True, check=False, timeout=TEST_SECONDS)
        except subprocess.TimeoutExpired:
            return False
    return done.returncode == 0


def _overlay(path: Path, folder: Path, source: str) -> Path:
    """Return a room that is like the module's own but for the module; what is not on the way to it is a link."""
    room = path.resolve().parent
    while (room / "__init__.py").exists():
        room = room.parent
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
    if isinstance(node, ast.Constant) and isinstance(node.value, int) and not isinstance(node.value, bool):
        yield "number", _moved
    if isinstance(node, ast.If | ast.FunctionDef | ast.AsyncFunctionDef | ast.With | ast.For | ast.Try):
        yield from _left_out(node)


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


def _denied(node: ast.AST) -> None:
    node.test = ast.UnaryOp(ast.Not(), node.test)  # type: ignore[attr-defined] # a condition


def _moved(node: ast.AST) -> None:
    node.value += 1  # type: ignore[attr-defined] # a number


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="mutate", description="which mutants of a module do its tests not notice?")
    parser.add_argument("module", type=Path)
    parser.add_argument("--most", type=int, default=1000, help="a sample of so many mutants")
    parser.add_argument("--seed", type=int, default=1)
    return parser


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
