"""What a client sees of an answer to which a fault happened. Pure."""

from __future__ import annotations

from dataclasses import dataclass

from tests.chaos.faults import Answered, CutOff, Dropped, Fault, Halved
from tests.chaos.wire import HttpMessage, answer


@dataclass(frozen=True, slots=True)
class Seen:
    """The bytes that reach the client, and whether its connection lives on."""

    message: HttpMessage
    goes_on: bool = True


NOTHING = Seen(HttpMessage(b""), goes_on=False)


def damaged(response: HttpMessage | None, fault: Fault | None) -> Seen:
    """Return what is seen of *response*, or of none where the request was not carried out."""
    if isinstance(fault, Answered):
        advice = [("Retry-After", fault.retry_after)] if fault.retry_after else []
        return Seen(answer(fault.status, *advice))
    if response is None or isinstance(fault, Dropped):
        return NOTHING
    if isinstance(fault, Halved) and (body := response.body):
        status, kind = int(response.first_line[1]), response.header("Content-Type") or ""
        return Seen(answer(status, ("Content-Type", kind), body=body[: len(body) // 2]))
    if isinstance(fault, Halved | CutOff):
        return Seen(_cut(response), goes_on=False)
    return Seen(response)


def _cut(response: HttpMessage) -> HttpMessage:
    head, framed = response.head, response.framed
    if framed:
        return HttpMessage(head, framed[: len(framed) // 2])
    return HttpMessage(head[: len(head) // 2])
