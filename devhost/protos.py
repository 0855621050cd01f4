"""Stands in for the protobuf classes of FunctionRpc.proto, the worker library's `protos`.

The library only builds these by keyword and reads attributes; Microsoft's own R2P2 worker injects
such a stand-in too. Names are those of the .proto.
"""

from __future__ import annotations

import re
from types import SimpleNamespace


class Message(SimpleNamespace):
    """Any message: keeps what it was built with."""


class TypedData(Message):
    """One value on the wire: exactly one of string, bytes, json, http, int, double, ... or none."""

    def WhichOneof(self, _oneof: str) -> str | None:  # noqa: N802 - protobuf's name
        """Return the field that is set."""
        return next(iter(vars(self)), None)


class ParameterBinding(Message):
    """A named value; the other kind, shared memory, is never used here."""

    def WhichOneof(self, _oneof: str) -> str:  # noqa: N802 - protobuf's name
        """Return the kind."""
        return "data"


class StatusResult(Message):
    """How an initialisation or an invocation ended."""

    Failure = 0
    Success = 1
    Cancelled = 2


class BindingInfo(Message):
    """A binding as indexed; devhost reads the raw bindings instead."""

    undefined = 0
    inout = 2
    out = 1


class RpcHttpCookie(Message):
    """A cookie of a response."""

    SameSite = SimpleNamespace(
        **{"None": None, "Lax": "Lax", "Strict": "Strict", "ExplicitNone": "None"}
    )


_OTHERS = """
    WorkerInitResponse WorkerMetadata RpcException FunctionMetadataResponse FunctionLoadResponse
    RpcFunctionMetadata RpcRetryOptions InvocationResponse RpcHttp NullableString NullableBool
    NullableDouble NullableTimestamp Timestamp
"""

PROTOS = SimpleNamespace(
    TypedData=TypedData,
    ParameterBinding=ParameterBinding,
    StatusResult=StatusResult,
    BindingInfo=BindingInfo,
    RpcHttpCookie=RpcHttpCookie,
    **{name: type(name, (Message,), {}) for name in re.findall(r"\w+", _OTHERS)},
)
