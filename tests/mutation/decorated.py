"""Lets mutmut change what stands under `@exact` and in properties too, where it leaves decorated functions alone."""

from collections.abc import Iterable, Sequence
from typing import Any

import libcst as cst
from mutmut.mutation import file_mutation

_TRANSPARENT = frozenset({"exact", "property", "classmethod"})

_skip = file_mutation.MutationVisitor._skip_node_and_children
_arrange = file_mutation.function_trampoline_arrangement


def mutate_decorated() -> None:
    """Teach mutmut that these decorators only wrap: a mutant can stand under them in the function's place."""
    file_mutation.MutationVisitor._skip_node_and_children = _skips_others  # type: ignore[method-assign]
    file_mutation.function_trampoline_arrangement = _arranged


def _skips_others(visitor: file_mutation.MutationVisitor, node: cst.CSTNode) -> bool:
    return not (isinstance(node, cst.FunctionDef) and _is_transparent(node)) and _skip(visitor, node)


def _is_transparent(function: cst.FunctionDef) -> bool:
    names = {each.decorator.value for each in function.decorators if isinstance(each.decorator, cst.Name)}
    return len(names) == len(function.decorators) > 0 and names <= _TRANSPARENT


def _arranged(
    function: cst.FunctionDef, mutants: Iterable[Any], class_name: str | None
) -> tuple[Sequence[Any], Sequence[Any], Sequence[Any], Sequence[str]]:
    """What mutmut makes of the bare function, with its decorators around the one that chooses the mutant."""
    bound = [each for each in function.decorators if _name(each) == "classmethod"]
    bare = function.with_changes(decorators=bound)
    declared, [chooser, *copies], assigned, names = _arrange(bare, mutants, class_name)
    decorated = chooser.with_changes(decorators=[*function.decorators, chooser.decorators[-1]])
    return declared, [decorated, *copies], assigned, names


def _name(decorator: cst.Decorator) -> str | None:
    return decorator.decorator.value if isinstance(decorator.decorator, cst.Name) else None
