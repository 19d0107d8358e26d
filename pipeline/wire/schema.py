"""The JSON schema of the protocol, which a server publishes at ``/protocol.schema.json``."""

from __future__ import annotations

from typing import Any

from pydantic import TypeAdapter

from pipeline.wire.fields import VERSION
from pipeline.wire.from_client import FROM_CLIENT
from pipeline.wire.from_server import FROM_SERVER


def schema() -> dict[str, Any]:
    """Return the JSON schema of the protocol; a message matches ``#/$defs/FromClient`` or ``#/$defs/FromServer``."""
    sides, definitions = TypeAdapter.json_schemas(
        [("FromClient", "validation", FROM_CLIENT), ("FromServer", "serialization", FROM_SERVER)],
        title=f"The Parley protocol, version {VERSION}",
    )
    definitions["$defs"] |= {name: side for (name, _), side in sides.items()}
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        **definitions,
        "anyOf": [{"$ref": "#/$defs/FromClient"}, {"$ref": "#/$defs/FromServer"}],
    }
