"""A graph as a file that opens again as the same graph, with its overlays and overrides laid on."""

from __future__ import annotations

from typing import Any

import yaml

from pipeline.graph.document import Value, scalar

ORDER = ("version", "name", "description", "language", "languages", "sample_rate", "turns", "stages", "outputs")
"""The order of the sections. Unknown sections, which are mistakes, come after them."""


def sections(name: str, root: Value) -> dict[str, Any]:
    """Return what the file of a graph says, from its name and the root of its document.

    References to the environment that found a value stay references, because the value may be a secret. References that
    fell back on a default become the default. Relative paths stay as they are."""
    shown: dict[str, Any] = {"name": name} | _written(root)
    return {key: shown[key] for key in ORDER if key in shown} | shown


def dump(name: str, root: Value) -> str:
    """Return what `sections` returns, as YAML."""
    return str(yaml.dump(sections(name, root), Dumper=_Dumper, sort_keys=False, allow_unicode=True, width=110))


def _written(value: Value) -> Any:
    """Return the value as a file says it."""
    if isinstance(value.data, dict):
        return {key: _written(item) for key, item in value.data.items()}
    if isinstance(value.data, list):
        return [_written(item) for item in value.data]
    if isinstance(value.data, str):
        return value.data.replace("${", "$${") if value.written is None else value.written
    return value.data


class _Dumper(yaml.SafeDumper):
    """Writes YAML 1.2, in which other words are numbers than in PyYAML's 1.1."""

    def ignore_aliases(self, data: Any) -> bool:
        return True


def _text(dumper: yaml.SafeDumper, text: str) -> yaml.ScalarNode:
    plain = text.isprintable() and scalar(text) == text  # line breaks other than \n would be read as spaces
    style = None if plain else '"'
    return dumper.represent_scalar("tag:yaml.org,2002:str", text, style=style)


_Dumper.add_representer(str, _text)
