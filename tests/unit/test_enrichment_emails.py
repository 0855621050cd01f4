from __future__ import annotations

import pytest
from publicsuffixlist import PublicSuffixList

from leads.enrichment.emails import classify
from leads.model import EmailKind


@pytest.mark.parametrize(
    ("email", "domain"),
    [
        pytest.param("someone@contoso.com", "contoso.com", id="microsofts-sample"),
        pytest.param("someone@example.com", "example.com", id="reserved-for-examples"),
        pytest.param("åsa@företag.se", "xn--fretag-wxa.se", id="idn"),
        pytest.param("asa@xn--fretag-wxa.se", "xn--fretag-wxa.se", id="idn-in-a-labels"),
        pytest.param("o'brien@acme.com", "acme.com", id="apostrophe"),
        pytest.param("jane.doe+azure@acme.com", "acme.com", id="plus-tag"),
        pytest.param(
            "jane_acme.com#EXT#@contoso.onmicrosoft.com", "contoso.onmicrosoft.com", id="guest"
        ),
        pytest.param("Jane@ACME.Com", "acme.com", id="upper-case"),
        pytest.param("  jane@acme.com \t\r\n", "acme.com", id="white-space-around"),
        pytest.param("\u00a0jane@acme.com\u00a0", "acme.com", id="no-break-space-around"),
        pytest.param("jane@acme.com.", "acme.com", id="trailing-dot"),
        pytest.param("mailto:jane@acme.com", "acme.com", id="mailto"),
        pytest.param("MAILTO: jane@acme.com?subject=x", "acme.com", id="mailto-with-subject"),
        pytest.param("John <j@x.se>", "x.se", id="display-name"),
        pytest.param('"Doe, John" <mailto:j@x.se>', "x.se", id="display-name-and-mailto"),
        pytest.param("<j@x.se>", "x.se", id="angle-brackets"),
        pytest.param("a" * 64 + "@acme.com", "acme.com", id="local-part-of-64"),
        pytest.param("user@acme.con", "acme.con", id="unknown-suffix-stays"),
        pytest.param("user@mail.acme.con", "mail.acme.con", id="unknown-suffix-keeps-all-labels"),
    ],
)
def test_a_usable_address_of_a_company_is_business(email: str, domain: str) -> None:
    found = classify(email)

    assert found == (EmailKind.BUSINESS, domain)


@pytest.mark.parametrize(
    "email",
    [
        pytest.param("a@b", id="no-dot"),
        pytest.param("user@localhost", id="localhost"),
        pytest.param("user@server.local", id="special-use-local"),
        pytest.param("user@acme.test", id="special-use-test"),
        pytest.param("user@192.168.0.1", id="address-of-a-machine"),
        pytest.param("user@[192.168.0.1]", id="domain-literal"),
        pytest.param("jane\u200b@acme.com", id="zero-width-space"),
        pytest.param("jane\uff20acme.com", id="full-width-at"),
        pytest.param("a@acme.com;b@acme.com", id="pair-with-semicolon"),
        pytest.param("a@acme.com, b@acme.com", id="pair-with-comma"),
        pytest.param("a@b@acme.com", id="two-ats"),
        pytest.param("@acme.com", id="no-local-part"),
        pytest.param("jane@", id="no-domain"),
        pytest.param("jane at acme.com", id="spelled-out"),
        pytest.param("jane doe@acme.com", id="space-inside"),
        pytest.param("jane..doe@acme.com", id="two-dots"),
        pytest.param("a" * 65 + "@acme.com", id="local-part-of-65"),
        pytest.param("a@" + "b" * 64 + ".com", id="label-of-64"),
        pytest.param("a" * 20_000 + "@acme.com", id="flood"),
        pytest.param("jane@ac\ud800me.com", id="lone-surrogate"),
    ],
)
def test_an_unusable_address_is_invalid_and_has_no_domain(email: str) -> None:
    found = classify(email)

    assert found == (EmailKind.INVALID, "")


@pytest.mark.parametrize(
    "email",
    [
        "",
        "  ",
        "-",
        "...",
        "n/a",
        "N/A",
        "N.A.",
        "NA",
        "none",
        "null",
        "unknown",
        "Not provided",
        "none@none.com",
        "noreply@acme.com",
        "No-Reply@acme.com",
        "do_not_reply@acme.com",
        "noemail@acme.com",
        "test@test.com",
    ],
)
def test_a_placeholder_is_no_address(email: str) -> None:
    found = classify(email)

    assert found == (EmailKind.NONE, "")


@pytest.mark.parametrize(
    ("email", "kind"),
    [
        pytest.param("j@gmail.com", EmailKind.FREE, id="free"),
        pytest.param("J@GMAIL.COM", EmailKind.FREE, id="free-in-upper-case"),
        pytest.param("j@yahoo.co.jp", EmailKind.FREE, id="free-under-two-labels"),
        pytest.param("j@vip.sub.gmx.de", EmailKind.FREE, id="below-a-free-domain"),
        pytest.param("j@mailinator.com", EmailKind.DISPOSABLE, id="disposable"),
        pytest.param("j@x.mailinator.com", EmailKind.DISPOSABLE, id="below-a-disposable-domain"),
        pytest.param("j@0-mail.com", EmailKind.DISPOSABLE, id="in-both-lists"),
        pytest.param("MSFT_TEST_636573304831318844@test.com", EmailKind.FREE, id="test-lead"),
        pytest.param("j@btconnect.com", EmailKind.BUSINESS, id="small-business-line"),
        pytest.param("j@acme.za.com", EmailKind.BUSINESS, id="below-a-public-suffix"),
        pytest.param("j@microsoft.com", EmailKind.BUSINESS, id="company"),
    ],
)
def test_the_kind_follows_the_lists_and_disposable_comes_first(email: str, kind: EmailKind) -> None:
    found, _ = classify(email)

    assert found == kind


@pytest.mark.parametrize(
    "domain",
    [
        "hey.com",
        "tutanota.com",
        "tuta.io",
        "telia.com",
        "outlook.se",
        "bredband.net",
        "daum.net",
        "privaterelay.appleid.com",
        "mozmail.com",
        "simplelogin.com",
        "anonaddy.me",
        "alias.anonaddy.me",
        "duck.com",
        "att.net",
        "usa.com",
        "consultant.com",
        "europe.com",
    ],
)
def test_what_the_package_misses_and_relays_count_as_free(domain: str) -> None:
    found, _ = classify(f"jane@{domain}")

    assert found == EmailKind.FREE


@pytest.mark.parametrize(
    ("host", "domain"),
    [
        pytest.param("mail.acme.co.uk", "acme.co.uk", id="co.uk"),
        pytest.param("post.oslo.kommune.no", "oslo.kommune.no", id="kommune.no"),
        pytest.param("a.school.k12.ca.us", "school.k12.ca.us", id="k12.ca.us"),
        pytest.param("a.city.kobe.jp", "city.kobe.jp", id="kobe.jp-exception"),
        pytest.param("a.b.c.kobe.jp", "b.c.kobe.jp", id="kobe.jp-wildcard"),
        pytest.param("co.uk", "co.uk", id="bare-suffix-stays"),
        pytest.param("contoso.onmicrosoft.com", "contoso.onmicrosoft.com", id="tenant"),
        pytest.param(
            "contoso.mail.onmicrosoft.com", "contoso.mail.onmicrosoft.com", id="tenants-routing"
        ),
        pytest.param("acme.my.salesforce.com", "acme.my.salesforce.com", id="salesforce"),
        pytest.param("acme.wordpress.com", "acme.wordpress.com", id="wordpress"),
        pytest.param("wordpress.com", "wordpress.com", id="owner-of-tenants"),
        pytest.param("mail.notonmicrosoft.com", "notonmicrosoft.com", id="no-tenant"),
        pytest.param("a.b.公司.cn", "b.xn--55qx5d.cn", id="idn-suffix"),
        pytest.param("a.b.xn--55qx5d.cn", "b.xn--55qx5d.cn", id="idn-suffix-in-a-labels"),
        pytest.param("a.post.brønnøysund.no", "post.xn--brnnysund-m8ac.no", id="idn-suffix-norway"),
    ],
)
def test_the_domain_is_the_one_somebody_registered(host: str, domain: str) -> None:
    _, found = classify(f"jane@{host}")

    assert found == domain


def test_the_short_suffix_list_answers_as_the_full_one_for_every_idn_suffix() -> None:
    full = PublicSuffixList(accept_unknown=False)
    with_punycode = sorted(name for name in full._publicsuffix if "xn--" in name)  # noqa: SLF001 - the only list of them
    hosts = [f"a.b.{name.lstrip('!*.')}" for name in with_punycode]

    found = {host: classify(f"jane@{host}")[1] for host in hosts}

    assert len(hosts) > 100
    assert found == {host: full.privatesuffix(host) for host in hosts}
