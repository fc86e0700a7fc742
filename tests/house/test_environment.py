"""The environment is read in one place, and `TIME_SCALE` is applied in one place."""

import ast
from collections import Counter
from collections.abc import Iterator

from tests.house.source import modules, name_of, nodes

PRODUCT = ("core", "worker", "bots", "web", "neverdark")

MAY_READ = {
    "core/settings.py": "the one reader of settings",
    "core/log.py": "NO_COLOR and FORCE_COLOR, which are the terminal's and no settings of ours",
    "core/media/process.py": "hands a media process the few variables that a program needs, and none of ours",
    "neverdark/process.py": "hands our own processes all variables, with those that `up` sets beside them",
    "neverdark/migrate.py": "hands dbmate all variables, with the address of the database",
    "neverdark/running_config.py": "sets, for one command, the variables that the running `up` has given its processes",
}


def _nodes() -> Iterator[tuple[str, ast.AST]]:
    for path in modules(*PRODUCT):
        for node in nodes(path):
            yield name_of(path), node


def _reads_environment(node: ast.AST) -> bool:
    names = {"environ", "getenv", "environb", "getenvb"}
    if isinstance(node, ast.ImportFrom):
        return node.module == "os" and any(alias.name in names for alias in node.names)
    return (
        isinstance(node, ast.Attribute)
        and node.attr in names
        and isinstance(node.value, ast.Name)
        and node.value.id == "os"
    )


def test_the_environment_is_read_in_one_place_and_passed_on_in_few() -> None:
    readers = Counter(path for path, node in _nodes() if _reads_environment(node))
    assert set(readers) == set(MAY_READ), "read a setting in core/settings.py, or give the reason here"


def _is_scale(node: ast.expr) -> bool:
    if isinstance(node, ast.Attribute) and node.attr == "factor":
        node = node.value
    name = node.attr if isinstance(node, ast.Attribute) else node.id if isinstance(node, ast.Name) else ""
    return name == "time_scale"


def test_only_time_scale_itself_divides_or_multiplies_by_it() -> None:
    by_hand = [
        f"{path}:{node.lineno}"
        for path, node in _nodes()
        if path != "core/domain/time_scale.py"
        and isinstance(node, ast.BinOp)
        and isinstance(node.op, ast.Mult | ast.Div)
        for side in (node.left, node.right)
        if _is_scale(side)
    ]
    assert by_hand == [], "use TimeScale.scaled, real_s or rate"


def test_the_setting_becomes_a_time_scale_in_one_place() -> None:
    reads = [
        path
        for path, node in _nodes()
        if isinstance(node, ast.Attribute) and node.attr == "time_scale"
        if isinstance(node.value, ast.Name) and node.value.id == "settings"
    ]
    assert reads == ["core/runtime.py"]
