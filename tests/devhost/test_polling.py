from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from devhost.polling import RandomizedExponentialBackoff


def test_the_delays_double_from_a_tenth_of_a_second_up_to_the_maximum_and_stay_there() -> None:
    """Source: RandomizedExponentialBackoffStrategy.cs."""
    backoff = RandomizedExponentialBackoff(60, jitter=lambda: 1.0)

    delays = [round(backoff.next_delay(found=False), 3) for _ in range(14)]

    assert delays == [0.1, 0.2, 0.3, 0.5, 0.9, 1.7, 3.3, 6.5, 12.9, 25.7, 51.3, 60, 60, 60]


def test_after_a_find_the_delays_start_over_one_step_further() -> None:
    """Source: RandomizedExponentialBackoffStrategy.cs: success sets the exponent to 1."""
    backoff = RandomizedExponentialBackoff(60, jitter=lambda: 1.0)
    for _ in range(20):
        backoff.next_delay(found=False)

    backoff.next_delay(found=True)

    assert [round(backoff.next_delay(found=False), 3) for _ in range(3)] == [0.2, 0.3, 0.5]


@given(st.floats(0.8, 1.2), st.floats(0.1, 60))
def test_no_delay_is_longer_than_the_maximum(jitter: float, maximum: float) -> None:
    backoff = RandomizedExponentialBackoff(maximum, jitter=lambda: jitter)

    delays = [backoff.next_delay(found=False) for _ in range(20)]

    assert max(delays) == delays[-1] == maximum
