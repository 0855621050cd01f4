from __future__ import annotations

import json
import traceback
from datetime import datetime
from typing import TYPE_CHECKING, NoReturn

import pytest

from leads import enrichment
from leads.errors import (
    InvalidMessage,
    InvalidSettings,
    LeadsError,
    Retryable,
    StorageUnavailable,
    UnexpectedError,
    UnknownVersion,
)
from leads.messages import Message, decode, dump, encode
from leads.model import Person, Stage
from leads.outcome import Outcome
from leads.payload import parse
from leads.pipeline.bury import bury
from leads.pipeline.enrich import enrich
from leads.pipeline.stage import LAST_ATTEMPT, Step
from leads.pipeline.write import write
from leads.rejections import DeadLetter, decode_rejected, encode_failure, encode_refusal
from tests.memory import MemoryStore
from tests.unit import samples
from tests.unit.factories import HOUR, MS, START, delivery, payload, ports, received

if TYPE_CHECKING:
    from collections.abc import Callable

    from leads.pipeline.stage import Ports

CANARY = "canary@contoso.com"
NOT_A_LEAD = encode(Message(delivery=delivery("no JSON")))


def enriched(body: bytes, store: MemoryStore, *, attempt: int = 1, edition: str = "2018") -> Step:
    return enrich(
        body, attempt=attempt, open_ports=lambda: ports(store, edition=edition), now=START
    )


def written(body: bytes, store: MemoryStore, *, attempt: int = 1, edition: str = "2018") -> Step:
    return write(body, attempt=attempt, open_ports=lambda: ports(store, edition=edition), now=START)


def processed(body: bytes, store: MemoryStore) -> Outcome:
    """Take a received message through both stages and return how it ended."""
    step = enriched(body, store)
    return written(step.enriched, store).outcome if step.enriched else step.outcome


def failing(error: Exception) -> MemoryStore:
    """Return a store of which every call fails."""

    def before(_call: str) -> NoReturn:
        raise error

    return MemoryStore(before=before)


STAGES = pytest.mark.parametrize("stage", [enriched, written], ids=["enrich", "write"])

type StageOnStore = Callable[..., Step]


def test_a_lead_goes_from_the_door_to_its_row() -> None:
    store = MemoryStore()

    outcome = processed(received(payload(ActionCode="INS")), store)

    [lead], [touch] = store.recent.values(), store.touches.values()
    assert outcome == Outcome.RECORDED
    assert lead.contact.email == "ada.lovelace@contoso.com"
    assert lead.enrichment.email_domain == "contoso.com"
    assert lead.enrichment.stage == Stage.INTEREST
    assert touch.payload == payload(ActionCode="INS")
    assert (touch.delivery_id, touch.received_at) == ("d-1", START)


def test_the_samples_tell_the_story_that_their_table_tells() -> None:
    store = MemoryStore()
    accepted = [name for name in samples.names() if not name.startswith("90-")]

    outcomes = [
        processed(received(samples.load(name), delivery_id=name, after=number * MS), store)
        for number, name in enumerate(accepted)
    ]

    duplicates = [name[:2] for name, o in zip(accepted, outcomes, strict=True) if o == "duplicate"]
    assert duplicates == ["02", "22"]
    assert outcomes.count(Outcome.RECORDED) == len(store.touches) == 18
    assert len(store.leads) == 15
    assert len({partition for partition, _ in store.leads}) == 12


def test_enrich_adds_what_the_payload_implies() -> None:
    body = received()

    step = enriched(body, MemoryStore())

    assert step.outcome == Outcome.ENRICHED
    assert step.enriched is not None
    assert decode(step.enriched) == Message(
        delivery=decode(body).delivery,
        enrichment=enrichment.enrich(parse(payload()), edition="2018"),
    )
    assert step.delivery == decode(body).delivery
    assert step.rejected is None


def test_enrich_drops_what_another_delivery_has_recorded() -> None:
    store = MemoryStore()
    written(received(delivery_id="d-1"), store)

    step = enriched(received(delivery_id="d-2", after=HOUR), store)

    assert step.outcome == Outcome.DUPLICATE
    assert (step.enriched, step.rejected) == (None, None)
    assert step.delivery is not None
    assert step.delivery.id == "d-2"


def test_enrich_drops_nothing_that_is_not_committed() -> None:
    store = MemoryStore()
    enriched(received(delivery_id="d-1"), store)

    step = enriched(received(delivery_id="d-2", after=HOUR), store)

    assert step.outcome == Outcome.ENRICHED


def test_enrich_drops_nothing_of_a_person_who_was_erased_because_the_other_touch_may_go() -> None:
    store = MemoryStore()
    processed(received(delivery_id="d-1"), store)
    key = next(iter(store.leads))[1]
    store.persons[key] = Person(erased_at=START + MS)

    step = enriched(received(delivery_id="d-2", after=HOUR), store)

    assert step.outcome == Outcome.ENRICHED


def test_enrich_passes_a_redelivery_on_because_something_may_follow_the_write() -> None:
    store = MemoryStore()
    written(received(delivery_id="d-1"), store)

    step = enriched(received(delivery_id="d-1"), store)

    assert step.outcome == Outcome.ENRICHED
    assert step.enriched is not None


def test_enrich_changes_nothing_in_the_store() -> None:
    store = MemoryStore()

    enriched(received(), store)

    assert store.rows() == {}


def test_write_settles_what_was_queued_twice() -> None:
    store = MemoryStore()
    one, two = (enriched(received(delivery_id=name), store).enriched for name in ("d-1", "d-2"))
    assert one
    assert two

    outcomes = [written(body, store).outcome for body in (one, two, one)]

    assert outcomes == [Outcome.RECORDED, Outcome.DUPLICATE, Outcome.REDELIVERED]
    assert len(store.touches) == 1


def test_write_finds_the_enrichment_where_the_envelope_was_too_large_for_it() -> None:
    whole, lean = MemoryStore(), MemoryStore()
    with_enrichment = enriched(received(), whole).enriched
    assert with_enrichment is not None

    written(with_enrichment, whole)
    written(received(), lean)

    assert lean.rows() == whole.rows()


def test_write_keeps_what_was_found_before_a_setting_changed() -> None:
    store = MemoryStore()
    body = enriched(received(), store, edition="2018").enriched
    assert body is not None

    written(body, store, edition="2019")

    [touch] = store.touches.values()
    assert touch.enrichment.stage == Stage.INTEREST


def test_what_was_received_before_an_erasure_ends_without_a_row() -> None:
    store = MemoryStore()
    store.persons[decode(received()).delivery.identity.lead_key] = Person(erased_at=START)

    outcome = processed(received(), store)

    assert outcome == Outcome.ERASED
    assert store.rows() == {}


@STAGES
@pytest.mark.parametrize("attempt", [1, LAST_ATTEMPT - 1])
def test_what_may_work_later_is_raised_below_the_last_attempt(
    stage: StageOnStore, attempt: int
) -> None:
    store = failing(StorageUnavailable("could not read a row: 503"))

    with pytest.raises(StorageUnavailable):
        stage(received(), store, attempt=attempt)


@STAGES
@pytest.mark.parametrize("attempt", [LAST_ATTEMPT, LAST_ATTEMPT + 1])
def test_the_last_attempt_rejects_with_its_cause_and_stays_worth_a_redrive(
    stage: StageOnStore, attempt: int
) -> None:
    store = failing(StorageUnavailable("could not read a row: 503"))

    step = stage(received(), store, attempt=attempt)

    kept = decode_rejected(step.rejected or b"")
    assert step.outcome == Outcome.REJECTED
    assert step.enriched is None
    assert (kept.final, kept.attempts, kept.key) == (False, attempt, "d-1")
    assert kept.cause == "StorageUnavailable: could not read a row: 503"
    assert kept.body == received()


@STAGES
def test_a_message_that_can_never_work_is_rejected_at_once(stage: StageOnStore) -> None:
    step = stage(NOT_A_LEAD, MemoryStore(), attempt=1)

    kept = decode_rejected(step.rejected or b"")
    assert step.outcome == Outcome.REJECTED
    assert kept.final
    assert kept.cause.startswith("InvalidPayload: Line 1")
    assert kept.body == NOT_A_LEAD


@pytest.mark.parametrize(
    ("stage", "name"), [(enriched, "enrich"), (written, "write")], ids=["enrich", "write"]
)
def test_a_rejection_says_which_stage_gave_up(stage: StageOnStore, name: str) -> None:
    step = stage(NOT_A_LEAD, MemoryStore())

    assert decode_rejected(step.rejected or b"").stage == name


def test_a_rejection_names_its_delivery_so_that_the_log_leads_to_its_letter() -> None:
    step = written(NOT_A_LEAD, MemoryStore())

    assert step.rejected is not None
    assert step.delivery is not None
    assert step.delivery.id == decode_rejected(step.rejected).key


@STAGES
@pytest.mark.parametrize("attempt", [1, LAST_ATTEMPT])
@pytest.mark.parametrize("body", [b"", b"\xff", b"[]", b'"text"'])
def test_what_cannot_be_decoded_at_all_raises_and_ends_in_the_poison_queue(
    stage: StageOnStore, body: bytes, attempt: int
) -> None:
    with pytest.raises(InvalidMessage):
        stage(body, MemoryStore(), attempt=attempt)


@STAGES
def test_an_unknown_version_waits_for_newer_code_and_is_kept_as_it_is(stage: StageOnStore) -> None:
    body = dump(json.loads(received()) | {"v": 2})

    with pytest.raises(UnknownVersion):
        stage(body, MemoryStore(), attempt=1)
    step = stage(body, MemoryStore(), attempt=LAST_ATTEMPT)

    kept = decode_rejected(step.rejected or b"")
    assert (kept.final, kept.body) == (False, body)


@STAGES
def test_no_message_of_a_foreign_error_reaches_the_host(stage: StageOnStore) -> None:
    with pytest.raises(UnexpectedError) as failure:
        stage(received(), failing(KeyError(CANARY)), attempt=1)

    assert isinstance(failure.value, Retryable)
    assert "KeyError in " in str(failure.value)
    assert CANARY not in as_the_host_logs(failure.value)


@STAGES
def test_no_message_of_a_foreign_error_reaches_a_rejection(stage: StageOnStore) -> None:
    step = stage(received(), failing(KeyError(CANARY)), attempt=LAST_ATTEMPT)

    assert CANARY not in (step.rejected or b"").decode()


def as_the_host_logs(error: LeadsError) -> str:
    return "".join(traceback.format_exception(error))


def no_ports() -> Ports:
    raise InvalidSettings("LEADS_DNC_POLICY is none of latest, sticky")


@pytest.mark.parametrize("use_case", [enrich, write])
def test_faulty_settings_make_messages_wait(use_case: Callable[..., Step]) -> None:
    with pytest.raises(InvalidSettings) as failure:
        use_case(received(), attempt=1, open_ports=no_ports, now=START)

    assert isinstance(failure.value, Retryable)


@pytest.mark.parametrize("use_case", [enrich, write])
def test_settings_that_stay_faulty_leave_a_letter_worth_a_redrive(
    use_case: Callable[..., Step],
) -> None:
    step = use_case(received(), attempt=LAST_ATTEMPT, open_ports=no_ports, now=START)

    kept = decode_rejected(step.rejected or b"")
    assert not kept.final
    assert kept.cause == "InvalidSettings: LEADS_DNC_POLICY is none of latest, sticky"


def refusal() -> bytes:
    return encode_refusal(b"no JSON", cause="invalid-json: Line 1.", rejected_at=START)


def failure() -> bytes:
    return encode_failure(received(), stage="write", error=KeyError(), attempts=10, failed_at=START)


@pytest.mark.parametrize("body", [refusal(), failure()], ids=["a refusal", "a failure"])
def test_bury_keeps_both_shapes_of_a_rejection(body: bytes) -> None:
    store = MemoryStore()

    step = bury(body, letters=store, now=START)

    assert step.outcome == Outcome.BURIED
    assert store.letters == [decode_rejected(body)]


def test_bury_leaves_to_the_poison_queue_what_is_no_rejection() -> None:
    store = MemoryStore()

    with pytest.raises(InvalidMessage):
        bury(b"{}", letters=store, now=START)

    assert store.letters == []


def test_bury_tries_again_when_storage_does_not_answer() -> None:
    store = failing(StorageUnavailable("could not insert a row: 503"))

    with pytest.raises(StorageUnavailable):
        bury(refusal(), letters=store, now=START)


class Stumbling:
    """A store with a bug that quotes what it was given."""

    def bury(self, letter: DeadLetter, *, now: datetime) -> NoReturn:
        raise ValueError(CANARY, letter, now)


def test_bury_tells_the_host_no_message_of_a_foreign_error() -> None:
    with pytest.raises(UnexpectedError) as failure:
        bury(refusal(), letters=Stumbling(), now=START)

    assert CANARY not in as_the_host_logs(failure.value)
