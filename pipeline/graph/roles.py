"""The role of a whole graph: what ``role: shopkeeper`` at the top of a file sets in its stages."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

from models.roles.role import Role, find_role
from pipeline.graph.document import Value
from pipeline.graph.environment import resolve
from pipeline.graph.mistakes import Mark, Mistakes

KEY = "role"


def role_layer(name: str, mark: Mark) -> Value:
    """Return a layer of a graph that only sets the role."""
    return Value({KEY: Value(name, mark)}, mark, 2)


def played(root: Value, over: Value, environ: Mapping[str, str], mistakes: Mistakes) -> Value:
    """Return the graph with the role that the layer `over`, which was just laid on, gives it.

    A stage that answers gets the role as its persona, and a stage that acts gets the role's packs of skills, except
    where the same layer says otherwise. A mistake in the role is noted."""
    wanted = over.get(KEY)
    stages = root.get("stages")
    if wanted is None or wanted.data is None or stages is None or not isinstance(stages.data, dict):
        return root
    try:
        role = find_role(str(resolve(wanted, environ, mistakes, (KEY,)).data))
    except ValueError as error:
        mistakes.add(wanted.mark, (KEY,), str(error))
        return root
    nodes = {name: _cast(name, node, over, role, wanted) for name, node in stages.data.items()}
    return _with(root, {"stages": _with(stages, nodes)})


def _cast(name: str, node: Value, over: Value, role: Role, wanted: Value) -> Value:
    """Return a stage with what the role says of it."""
    kind = (node.get("use") or Value(name, node.mark)).data
    if kind == "response" and over.get("stages", name, "persona") is None:
        return _with(node, {"persona": wanted})
    if kind == "task" and role.skills is not None and over.get("stages", name, "with", "skills") is None:
        skills = Value([Value(pack, wanted.mark) for pack in role.skills], wanted.mark, 1 + len(role.skills))
        return _with(node, {"with": _with(node.get("with") or Value({}, wanted.mark), {"skills": skills})})
    return node


def _with(map_: Value, items: Mapping[str, Value]) -> Value:
    if not isinstance(map_.data, dict):
        return map_
    merged = {**map_.data, **items}
    return replace(map_, data=merged, size=1 + sum(item.size for item in merged.values()))
