"""Rules of asyncio that no linter here knows, checked on the source of the pipeline."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest

import pipeline

SOURCES = sorted(Path(pipeline.__file__).parent.rglob("*.py"))
SCOPES = {"TaskGroup", "timeout", "timeout_at"}
"""Context managers of asyncio that cancel the task that they were entered in."""

FunctionLike = (ast.FunctionDef, ast.AsyncFunctionDef, ast.Lambda, ast.ClassDef)


def yields_in_scopes(tree: ast.AST) -> Iterator[int]:
    """Lines with a `yield` inside a cancel scope: what is yielded to may then be cancelled instead, or the scope may be
    left from another task (PEP 789)."""
    for node in ast.walk(tree):
        if isinstance(node, ast.AsyncWith) and any(_scope(item.context_expr) for item in node.items):
            for statement in node.body:
                yield from _yields(statement)


def _scope(expression: ast.expr) -> bool:
    call = expression.func if isinstance(expression, ast.Call) else expression
    name = call.attr if isinstance(call, ast.Attribute) else call.id if isinstance(call, ast.Name) else ""
    return name in SCOPES


def _yields(node: ast.AST) -> Iterator[int]:
    if isinstance(node, ast.Yield | ast.YieldFrom):
        yield node.lineno
    if not isinstance(node, FunctionLike):
        for child in ast.iter_child_nodes(node):
            yield from _yields(child)


@pytest.mark.parametrize("source", SOURCES, ids=lambda path: str(path.relative_to(path.parents[2])))
def test_nothing_is_yielded_inside_a_cancel_scope(source: Path) -> None:
    lines = list(yields_in_scopes(ast.parse(source.read_text(encoding="utf-8"))))
    assert not lines, f"{source}: yield inside a TaskGroup or timeout, lines {lines}: compute inside, yield outside"


@pytest.mark.parametrize(
    ("code", "lines"),
    [
        ("async def f():\n    async with asyncio.timeout(1):\n        yield 1", [3]),
        ("async def f():\n    async with TaskGroup() as g, other():\n        for x in y:\n            yield x", [4]),
        ("async def f():\n    async with asyncio.timeout_at(when):\n        x = (yield)", [3]),
        ("async def f():\n    async with timeout(1):\n        x = await g()\n    yield x", []),
        ("async def f():\n    async with timeout(1):\n        def inner():\n            yield 1", []),
        ("async def f():\n    async with aclosing(g()) as xs:\n        async for x in xs:\n            yield x", []),
    ],
)
def test_the_rule_itself(code: str, lines: list[int]) -> None:
    assert list(yields_in_scopes(ast.parse(code))) == lines
