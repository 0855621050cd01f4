"""What an e-mail address tells: its kind and the domain that somebody registered. Pure.

The libraries are imported, and the lists read, on the first address: only the stage that
enriches pays for them. Nothing here asks the network.
"""

from __future__ import annotations

import re
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING

from leads.model import EmailKind

if TYPE_CHECKING:
    from email_validator import ValidatedEmail
    from publicsuffixlist import PublicSuffixList

TENANT_ROOTS = (
    "onmicrosoft.com",
    "onmicrosoft.us",
    "onmicrosoft.cn",
    "onmicrosoft.de",
    "onmschina.cn",
    "my.salesforce.com",
    "wordpress.com",
)
"""Every name below these is a customer of their owner, but the public suffix list says nothing."""

_LONGEST = 1_000  # a display name and an address; what validates it takes time by its length
_DISPLAYED = re.compile(r"[^<>]*<([^<>]+)>")  # John <j@x>
# Not identity's list of placeholders: that one is frozen with the keys, this one may grow.
_NOBODY = re.compile(r"\W*|n\W?a\W?|none|null|nil|unknown|undefined|not (available|provided|given)")
_NOBODY_AT = re.compile(
    r"(none|null|n/a|no[-_.]?e?mail|no[-_.]?reply|do[-_.]?not[-_.]?reply)@.*|test@test\.com"
)


def classify(email: str) -> tuple[EmailKind, str]:
    """Return the kind of *email* and its registrable domain in A-labels.

    A kind of none or invalid comes with the domain ``""``. A domain that the public suffix list
    does not know stays as it is, and so does a tenant's name (`contoso.onmicrosoft.com`).
    Names that no mail from outside can reach (`.local`, `.test`, `.invalid`) are invalid.

    Source: DESIGN 4.3, 5.1 (what is a placeholder), 5.5.
    """
    if len(email) > _LONGEST:
        return EmailKind.INVALID, ""
    written = _written(email)
    folded = written.lower()
    if _NOBODY.fullmatch(folded) or _NOBODY_AT.fullmatch(folded):
        return EmailKind.NONE, ""
    valid = _validated(written)
    if valid is None:
        return EmailKind.INVALID, ""
    domain = _registrable(valid)
    return _kind({valid.ascii_domain, domain}), domain


def _written(email: str) -> str:
    """Undo what the validator refuses but people and programs add to an address."""
    written = email.strip()
    if displayed := _DISPLAYED.fullmatch(written):
        written = displayed[1].strip()
    if written[:7].lower() == "mailto:":
        written = written[7:].partition("?")[0].strip()
    return written.removesuffix(".")


def _validated(written: str) -> ValidatedEmail | None:
    # On first use, see the module's docstring.
    from email_validator import EmailNotValidError, validate_email  # noqa: PLC0415

    try:
        # strict: without it a local part may have more than 64 characters
        return validate_email(written, check_deliverability=False, strict=True)
    except EmailNotValidError:
        return None


def _registrable(valid: ValidatedEmail) -> str:
    domain = valid.ascii_domain
    if domain.endswith(tuple(f".{root}" for root in TENANT_ROOTS)):
        return domain
    registrable = _suffixes().privatesuffix(valid.domain)
    if registrable is None:
        return domain
    labels = registrable.count(".") + 1
    return ".".join(domain.split(".")[-labels:])


def _kind(domains: set[str]) -> EmailKind:
    from disposable_email_domains import blocklist  # noqa: PLC0415 - on first use, see above

    if not blocklist.isdisjoint(domains):  # first: hundreds of names are in both lists
        return EmailKind.DISPOSABLE
    return EmailKind.BUSINESS if _free_mail().isdisjoint(domains) else EmailKind.FREE


@cache
def _suffixes() -> PublicSuffixList:
    from publicsuffixlist import PublicSuffixList  # noqa: PLC0415 - on first use, see above

    # accept_unknown would find a suffix in `acme.con`. Without the A-labels of every suffix the
    # list is ready four times as fast; so it is asked for the Unicode form of a domain.
    return PublicSuffixList(accept_unknown=False, accept_encoded_idn=False)


@cache
def _free_mail() -> frozenset[str]:
    listed = Path(__file__).with_name("free_mail.txt").read_text(encoding="ascii")
    return frozenset(listed.split())
