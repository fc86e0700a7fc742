"""In core and worker no two public classes have the same name, so that a reader knows which one is meant."""

import ast

from tests.house.source import modules, name_of, tree


def test_no_public_class_name_stands_twice() -> None:
    places: dict[str, list[str]] = {}
    for path in modules("core", "worker"):
        for node in tree(path).body:
            if isinstance(node, ast.ClassDef) and not node.name.startswith("_"):
                places.setdefault(node.name, []).append(name_of(path))
    assert len(places) > 300
    assert {name: found for name, found in places.items() if len(found) > 1} == {}
