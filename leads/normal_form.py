"""What keys see of a text, an e-mail address, a telephone number. Pure; frozen with identity.py.

Of Unicode it uses lower-casing, NFC, white space and digits, which for characters that exist never
change (Unicode's stability policy): a newer Python can only answer otherwise for characters that
did not exist before. Everything here is total: it raises for no text.
"""

from __future__ import annotations

import re
import unicodedata
from itertools import groupby

# C0 and C1 controls (those which are white space become blanks instead), soft hyphen, zero-width
# and bidirectional controls: nobody sees them, so nobody is told apart by them.
_UNSEEN = re.compile(
    "[\x00-\x08\x0e-\x1b\x7f-\x84\x86-\x9f\xad\u061c\u180e"
    "\u200b-\u200f\u202a-\u202e\u2060-\u2064\u2066-\u206f\ufeff]"
)
_ASCII_LOWER = {upper: upper + 32 for upper in range(ord("A"), ord("Z") + 1)}
_FULL_STOPS = re.compile("[\u3002\uff0e\uff61]")
_MAILTO = re.compile(r"\A(?:mailto:\s*)+", re.IGNORECASE)
_PIECE = 256
_DOMAIN_LENGTH = 253  # of RFC 1035; Punycode takes time by the square of the length


def seen(text: str) -> str:
    """Return what a person sees of *text*: NFC, one blank between words.

    Source: failure-model.md 3.3.
    """
    return " ".join(_composed(word) for word in _UNSEEN.sub("", text).split())


def folded(text: str) -> str:
    """Return what a person sees of *text*, upper and lower case being one."""
    # Lower-casing can leave NFC (capital I with dot), so it comes between two of them.
    return " ".join(_composed(word) for word in seen(text).lower().split())


def normalised_email(email: str) -> str:
    """Return *email* as keys see it, usable or not: bare, its domain in A-labels.

    In the local part only ASCII letters lose their case, and dots and plus tags stay: wider
    folding would merge people, and that cannot be undone.

    Source: DESIGN 5.1; failure-model.md 3.3.
    """
    address = seen(email)
    if "<" in address:  # a display name stands before it
        address = address.rpartition("<")[2].partition(">")[0].strip()
    address = _MAILTO.sub("", address).translate(_ASCII_LOWER)
    local, at, domain = address.rpartition("@")
    return f"{local.strip()}@{_a_labels(domain)}" if at else address


def phone_digits(phone: str) -> str:
    """Return the decimal digits of *phone*, of whatever script, in ASCII."""
    return "".join(str(int(character)) for character in phone if character.isdecimal())


def _composed(word: str) -> str:
    """Return *word* in NFC, or piece by piece where it is a flood of marks and no word.

    Composing sorts marks, in time by the square of their number: 32 kB of them took 0.3 s.
    """
    if len(word) <= _PIECE or word.isascii() or not _is_flood(word):
        return unicodedata.normalize("NFC", word)
    pieces = range(0, len(word), _PIECE)
    return "".join(unicodedata.normalize("NFC", word[at : at + _PIECE]) for at in pieces)


def _is_flood(word: str) -> bool:
    """Tell whether more marks follow one another in *word* than in any language."""
    runs = groupby(word, key=lambda character: unicodedata.combining(character) != 0)
    return any(marks and sum(1 for _ in run) > _PIECE for marks, run in runs)


def _a_labels(domain: str) -> str:
    """Return *domain* in lower case, each label that is not ASCII in Punycode.

    Not by the codec ``idna``, which makes ß into ss (two domains into one) and refuses some;
    Punycode itself (RFC 3492) is frozen and takes everything.
    """
    dotted = folded(_FULL_STOPS.sub(".", domain)).replace(" ", "").rstrip(".")
    if dotted.isascii() or len(dotted) > _DOMAIN_LENGTH:
        return dotted
    return ".".join(_a_label(label) for label in dotted.split("."))


def _a_label(label: str) -> str:
    return label if label.isascii() else "xn--" + label.encode("punycode").decode("ascii")
