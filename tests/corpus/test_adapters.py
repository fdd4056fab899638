"""Adapters translate only, so that cases never seen before run as well."""

import ast
from pathlib import Path

import pytest

from tests.corpus.cases import DATA, read_cases

FILES = sorted((Path(__file__).parent / "adapters").rglob("*.py"))
_ARITHMETIC = (ast.Add, ast.Sub, ast.Mult, ast.Div, ast.FloorDiv, ast.Mod, ast.Pow)
_CALCULATING = frozenset({"sum", "round", "divmod", "pow", "abs", "float", "quantize", "fsum", "prod", "accumulate"})


def name_called(node: ast.Call) -> str:
    """The last name of what a call calls."""
    return node.func.attr if isinstance(node.func, ast.Attribute) else getattr(node.func, "id", "")


def faults(tree: ast.AST, ids: frozenset[str]) -> list[str]:
    """What an adapter does beside translating."""
    found: list[str] = []
    for node in ast.walk(tree):
        match node:
            case ast.BinOp(op=op) | ast.AugAssign(op=op) if isinstance(op, _ARITHMETIC):
                found.append(f"line {node.lineno}: arithmetic")
            case ast.UnaryOp(op=ast.USub()):
                found.append(f"line {node.lineno}: arithmetic")
            case ast.Call() if name_called(node) in _CALCULATING:
                found.append(f"line {node.lineno}: {name_called(node)}()")
            case ast.Constant(value=str(text)) if text in ids:
                found.append(f"line {node.lineno}: the case {text}")
            case ast.Name(id="expect") | ast.Attribute(attr="expect") | ast.Constant(value="expect"):
                found.append(f"line {node.lineno}: what is expected")
    return found


@pytest.mark.parametrize("file", FILES, ids=lambda file: file.stem)
def test_an_adapter_translates_only(file: Path) -> None:
    ids = frozenset(case.id for case in read_cases(DATA))
    assert faults(ast.parse(file.read_text()), ids) == []


@pytest.mark.parametrize(
    "code",
    [
        "a = b + c",
        "a -= 1",
        "a = -b",
        "a = sum(b)",
        "a = b.quantize(c)",
        "a = 'case-1'",
        "a = case.expect",
        "a['expect']",
    ],
)
def test_what_is_more_than_translating_is_found(code: str) -> None:
    assert faults(ast.parse(code), frozenset({"case-1"}))
