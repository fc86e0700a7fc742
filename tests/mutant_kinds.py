"""Which small mistakes `tests/mutants.py` makes in a module: one change at a time, in the order of the file."""

import ast
from collections.abc import Iterator
from copy import deepcopy
from dataclasses import dataclass
from itertools import pairwise
from types import CodeType

NEIGHBOURS: dict[type[ast.cmpop], tuple[type[ast.cmpop], ...]] = {
    ast.Lt: (ast.LtE, ast.GtE),
    ast.LtE: (ast.Lt, ast.Gt),
    ast.Gt: (ast.GtE, ast.LtE),
    ast.GtE: (ast.Gt, ast.Lt),
    ast.Eq: (ast.NotEq,),
    ast.NotEq: (ast.Eq,),
    ast.Is: (ast.IsNot,),
    ast.IsNot: (ast.Is,),
    ast.In: (ast.NotIn,),
    ast.NotIn: (ast.In,),
}
OPPOSITES: dict[type[ast.operator], type[ast.operator]] = {
    ast.Add: ast.Sub,
    ast.Sub: ast.Add,
    ast.Mult: ast.Div,
    ast.Div: ast.Mult,
    ast.FloorDiv: ast.Div,
    ast.Mod: ast.Mult,
    ast.Pow: ast.Mult,
}
NAMES = {"min": "max", "max": "min", "any": "all", "all": "any"}


Place = tuple[tuple[str, int | None], ...]
"""Where a node is: the fields that lead to it, and the places in those that are lists."""
FunctionKey = str
"""The qualified name of a function, and its first line: `QueuePosition.is_due:41`."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Mutant:
    """One changed module. `function` is the outermost function whose body the change is in, if it is in one."""

    original: ast.Module
    place: Place
    line: int
    node: ast.AST
    changed: ast.AST

    @property
    def before(self) -> str:
        return _shown(self.node)

    @property
    def after(self) -> str:
        return _shown(self.changed)

    @property
    def function(self) -> FunctionKey | None:
        node: ast.AST = self.original
        names: list[str] = []
        for (field, index), (field_within, _) in pairwise(self.place):
            node = getattr(node, field) if index is None else getattr(node, field)[index]
            if isinstance(node, ast.ClassDef):
                names.append(node.name)
            if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
                first = min([node.lineno, *(decorator.lineno for decorator in node.decorator_list)])
                return f"{'.'.join([*names, node.name])}:{first}" if field_within == "body" else None
        return None

    def code(self, path: str) -> CodeType:
        """The changed module, compiled as if it were the file at `path`."""
        tree = deepcopy(self.original)
        _replace(tree, self.place, self.changed)
        code: CodeType = compile(ast.fix_missing_locations(tree), path, "exec", dont_inherit=True)
        return code


def mutants(tree: ast.Module) -> Iterator[Mutant]:
    """Every mutant that there is, in the order of the file."""
    places = sorted(
        _places(tree), key=lambda place: (getattr(place[1], "lineno", 0), getattr(place[1], "col_offset", 0))
    )
    for path, node in places:
        for changed in _changes(node):
            yield Mutant(original=tree, place=path, line=getattr(node, "lineno", 1), node=node, changed=changed)


def _places(node: ast.AST, path: Place = ()) -> Iterator[tuple[Place, ast.AST]]:
    for field, value in ast.iter_fields(node):
        if field in {"annotation", "returns", "decorator_list", "type_comment", "bases", "keywords"} and not isinstance(
            node, ast.Call
        ):
            continue
        if isinstance(value, ast.AST):
            yield (*path, (field, None)), value
            yield from _places(value, (*path, (field, None)))
        elif isinstance(value, list):
            for index, item in enumerate(value):
                if isinstance(item, ast.AST) and not _is_words(item):
                    yield (*path, (field, index)), item
                    yield from _places(item, (*path, (field, index)))


def _is_words(node: ast.AST) -> bool:
    """Docstrings, and names of types."""
    match node:
        case ast.Assign(value=ast.Call(func=ast.Name(id="NewType" | "TypeVar"))):
            return True
    if isinstance(node, ast.AnnAssign) and isinstance(node.annotation, ast.Name) and node.annotation.id == "TypeAlias":
        return True
    return isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant)


def _replace(tree: ast.AST, path: Place, changed: ast.AST) -> None:
    parent, (field, index) = tree, path[-1]
    for name, place in path[:-1]:
        parent = getattr(parent, name) if place is None else getattr(parent, name)[place]
    if index is None:
        setattr(parent, field, changed)
    else:
        getattr(parent, field)[index] = changed


def _changes(node: ast.AST) -> Iterator[ast.AST]:
    match node:
        case ast.Compare(left=left, ops=ops, comparators=others):
            for index, op in enumerate(ops):
                for other in NEIGHBOURS[type(op)]:
                    yield ast.Compare(left=left, ops=[*ops[:index], other(), *ops[index + 1 :]], comparators=others)
        case ast.BoolOp(op=op, values=values):
            yield ast.BoolOp(op=ast.Or() if isinstance(op, ast.And) else ast.And(), values=values)
            for index in range(len(values)):
                rest = [*values[:index], *values[index + 1 :]]
                yield ast.BoolOp(op=op, values=rest) if len(rest) > 1 else rest[0]
        case ast.UnaryOp(op=ast.Not(), operand=operand):
            yield operand
        case ast.BinOp(left=left, op=op, right=right) if type(op) in OPPOSITES and not _is_text(left, right):
            yield ast.BinOp(left=left, op=OPPOSITES[type(op)](), right=right)
        case ast.Constant():
            yield from (ast.Constant(value=value) for value in _other_values(node.value))
        case ast.Call(func=ast.Name(id=name), args=args, keywords=keywords) if name in NAMES:
            yield ast.Call(func=ast.Name(id=NAMES[name], ctx=ast.Load()), args=args, keywords=keywords)
            yield from _without_keywords(node)
        case ast.Call():
            yield from _without_keywords(node)
        case ast.IfExp(body=body, orelse=orelse):
            yield body
            yield orelse
        case _:
            yield from _changed_statements(node)


def _other_values(value: object) -> Iterator[bool | float | str]:
    match value:
        case bool():
            yield not value
        case int():
            yield from (value + 1, value - 1)
        case float():
            yield from (value * 1.25 + (value == 0), value * 0.8 - (value == 0))
        case str() if " " not in value:
            yield f"{value}x"
        case _:
            return


def _changed_statements(node: ast.AST) -> Iterator[ast.AST]:
    match node:
        case ast.If(body=body, orelse=orelse):
            for value in (True, False):
                yield ast.If(test=ast.Constant(value=value), body=body, orelse=orelse)
        case ast.Return(value=value) if value is not None and not _is_none(value):
            yield ast.Return(value=ast.Constant(value=None))
        case ast.Expr(value=ast.Call(func=ast.Name(id="assert_never"))):
            return  # nothing comes there
        case ast.Raise() | ast.AugAssign() | ast.Expr():
            yield ast.Pass()
        case ast.Continue():
            yield ast.Break()
        case ast.Break():
            yield ast.Continue()
        case _:
            return


def _without_keywords(call: ast.Call) -> Iterator[ast.Call]:
    for index in range(len(call.keywords)):
        yield ast.Call(func=call.func, args=call.args, keywords=[*call.keywords[:index], *call.keywords[index + 1 :]])


def _is_text(*nodes: ast.AST) -> bool:
    return any(
        isinstance(n, ast.JoinedStr) or (isinstance(n, ast.Constant) and isinstance(n.value, str)) for n in nodes
    )


def _is_none(node: ast.AST) -> bool:
    return isinstance(node, ast.Constant) and node.value is None


def _shown(node: ast.AST) -> str:
    text = " ".join(ast.unparse(ast.fix_missing_locations(deepcopy(node))).split())
    return text if len(text) <= 110 else f"{text[:55]} … {text[-55:]}"
