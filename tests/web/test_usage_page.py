"""The usage page in a real browser, on a real gateway: every number is one that the flights of five days come to."""

import re

import pytest
from playwright.sync_api import BrowserContext, Route, expect

from tests.web.airports import MALICE, MALICIOUS_PROPERTY, Airports
from tests.web.usage_page import UsagePage

UNITED = "United Air Lines Inc."
HAWAIIAN = "Hawaiian Airlines Inc."
JANUARY, FEBRUARY = "January 2013", "February 2013"
_NAMES = """async invoice => {
  const { documentName, numberOf } = await import("/static/usage/document_names.js");
  return [documentName(invoice), numberOf(invoice)];
}"""

# 769 departures in the first five days, 3 cancellations; the true-up is far from due.
UNITED_IN_JANUARY = [
    ["Base fee", "1000.00"],
    ["Departures", "769", "9612.50"],
    ["Distance", "1147961", "1549.80"],
    ["Air time", "165539", "6207.71"],
    ["Aircraft", "369", "11070.00"],
    ["Runway fee (EWR)", "611", "1771.90"],
    ["Runway fee (JFK)", "59", "182.90"],
    ["Runway fee (LGA)", "99", "420.75"],
    ["Cancellations", "3", "0.00"],
]


def test_a_customer_is_found_and_its_cost_so_far_and_projected_shown(usage_page: UsagePage, airports: Airports) -> None:
    usage_page.open(airports.key)

    usage_page.pick(UNITED)

    usage_page.page.get_by_role("heading", name=f"Cost of {FEBRUARY}").wait_for()
    expect(usage_page.page.get_by_text("Projected", exact=True).first).to_be_visible()
    assert usage_page.figure("So far") == "1000.00"
    assert usage_page.figure("Projected") == "3500.00"


def test_a_period_that_is_over_shows_every_charge(usage_page: UsagePage, airports: Airports) -> None:
    usage_page.open_account(airports.key, "UA")

    usage_page.choose_period(JANUARY)

    expect(usage_page.page.get_by_text("For the whole period")).to_be_visible()
    assert usage_page.figure("For the whole period") == "31815.56"
    assert usage_page.charges() == UNITED_IN_JANUARY


def test_the_slider_shows_the_cost_as_it_was_on_a_day(usage_page: UsagePage, airports: Airports) -> None:
    usage_page.open_account(airports.key, "UA")
    usage_page.choose_period(JANUARY)
    slider = usage_page.page.get_by_role("slider", name="As of")

    slider.focus()
    slider.press("Home")
    slider.press("ArrowRight")

    expect(usage_page.page.get_by_text("End of 1 Jan 2013")).to_be_visible()
    expect(usage_page.page.get_by_text("Projected", exact=True).first).to_be_visible()
    assert usage_page.charges()[1][:2] == ["Departures", "165"]


def test_daily_consumption_is_drawn_and_told_apart_by_dimension(usage_page: UsagePage, airports: Airports) -> None:
    usage_page.open_account(airports.key, "UA")
    usage_page.choose_period(JANUARY)

    usage_page.page.get_by_label("Meter", exact=True).select_option(label="Departures by airport")

    expect(usage_page.page.get_by_role("list", name="Colours of the chart").get_by_role("listitem")).to_have_text(
        ["EWR", "LGA", "JFK"]
    )
    assert usage_page.painted_pixels() > 1_000
    days = usage_page.days()
    assert len(days) == 31
    assert [day[1:] for day in days[:6]] == [
        ["130", "24", "11", "165"],
        ["136", "21", "12", "169"],
        ["122", "22", "13", "157"],
        ["126", "22", "13", "161"],
        ["97", "10", "10", "117"],
        ["0", "0", "0", "0"],
    ]


def test_an_invoice_line_is_explained_down_to_its_events(usage_page: UsagePage, airports: Airports) -> None:
    usage_page.open_account(airports.key, "UA")
    usage_page.open_invoice_of("1 Feb 2013")

    usage_page.open_line("Departures")

    drawer = usage_page.drawer
    expect(drawer.get_by_text("the same as on the invoice")).to_be_visible()
    steps = drawer.get_by_role("table", name="How the amount of Departures came about")
    expect(steps).to_contain_text("up to 1,000")
    expect(steps).to_contain_text("12.50")
    expect(drawer.get_by_text("1 to 20 of 769 events")).to_be_visible()
    first = usage_page.event_ids()
    drawer.get_by_role("button", name="Next").click()
    expect(drawer.get_by_text("21 to 40 of 769 events")).to_be_visible()
    second = usage_page.event_ids()
    assert len(first) == len(second) == 20
    assert not set(first) & set(second)
    drawer.get_by_role("button", name="Previous").click()
    expect(drawer.get_by_text("1 to 20 of 769 events")).to_be_visible()
    assert usage_page.event_ids() == first


def test_an_invoice_that_is_due_leads_to_the_page_to_pay_it(usage_page: UsagePage, airports: Airports) -> None:
    usage_page.open_account(airports.key, "UA")
    usage_page.open_invoice_of("1 Feb 2013")

    link = usage_page.drawer.get_by_role("link", name="Pay this invoice")

    expect(link).to_have_attribute("href", re.compile("https://sandbox.invalid/pay/sandbox_invoice_"))


@pytest.mark.parametrize(
    ("number", "legal", "names"),
    [
        (None, None, ["Invoice without a number yet", "No number yet"]),
        ("INV-1", "INV-1", ["Invoice INV-1", "INV-1"]),
        ("INV-1", None, ["Statement INV-1", "INV-1"]),
        ("INV-1", "P-9", ["Invoice P-9", "P-9"]),
    ],
)
def test_an_invoice_is_called_by_its_legal_number(
    usage_page: UsagePage, airports: Airports, number: str | None, legal: str | None, names: list[str]
) -> None:
    usage_page.open(airports.key)
    invoice = {"number": number, "documentNumber": legal}

    found = usage_page.page.evaluate(_NAMES, invoice)

    assert found == names


def test_events_left_out_are_shown_with_their_reason(usage_page: UsagePage, airports: Airports) -> None:
    usage_page.open_account(airports.key, "UA")
    usage_page.open_invoice_of("1 Feb 2013")

    usage_page.open_line("Air time")

    left_out = usage_page.drawer.get_by_role("region", name="Events left out")
    expect(left_out.get_by_text("Missing: 2 events")).to_be_visible()
    expect(left_out.locator("tbody tr")).to_have_count(2)


def test_a_fee_is_explained_without_events(usage_page: UsagePage, airports: Airports) -> None:
    usage_page.open_account(airports.key, "UA")
    usage_page.open_invoice_of("1 Feb 2013")

    usage_page.open_line("Base fee")

    expect(usage_page.drawer.get_by_role("heading", name="How the amount came about")).to_be_visible()
    expect(usage_page.drawer.get_by_role("heading", name="Events counted")).to_have_count(0)


def test_unattributed_events_are_counted_and_listed(usage_page: UsagePage, airports: Airports) -> None:
    usage_page.open_account(airports.key, "HA")

    usage_page.page.get_by_text("1 unattributed event").click()

    expect(usage_page.page.get_by_text("No subscription")).to_be_visible()


def test_a_customer_token_opens_its_own_account_and_no_list(usage_page: UsagePage, airports: Airports) -> None:
    usage_page.open(airports.token, "&customer=UA")

    expect(usage_page.page.get_by_role("heading", name=HAWAIIAN, level=1)).to_be_visible()
    expect(usage_page.page.get_by_role("link", name="All customers")).to_have_count(0)
    usage_page.choose_period(JANUARY)
    expect(usage_page.page.get_by_text("For the whole period")).to_be_visible()
    assert usage_page.figure("For the whole period") == "3500.00"


def test_the_key_leaves_the_address_at_once_and_stays_in_the_tab(
    usage_page: UsagePage, airports: Airports, context: BrowserContext
) -> None:
    usage_page.open_account(airports.key, "UA")

    usage_page.page.get_by_role("heading", name=UNITED, level=1).wait_for()

    assert airports.key not in usage_page.page.url
    assert airports.key not in str(context.storage_state())
    usage_page.page.reload()
    expect(usage_page.page.get_by_role("heading", name=UNITED, level=1)).to_be_visible()


def test_a_typed_key_opens_the_page_and_signing_out_forgets_it(usage_page: UsagePage, airports: Airports) -> None:
    usage_page.page.goto("/")
    usage_page.page.get_by_label("API key or customer token").fill(airports.key)
    usage_page.page.keyboard.press("Enter")
    usage_page.page.get_by_role("heading", name="Customers").wait_for()

    usage_page.page.get_by_role("button", name="Sign out").click()

    expect(usage_page.page.get_by_label("API key or customer token")).to_be_focused()
    assert usage_page.page.evaluate("sessionStorage.length") == 0


def test_a_wrong_key_is_refused_in_the_words_of_the_api(usage_page: UsagePage) -> None:
    usage_page.open("ugw_wrong_key")

    alert = usage_page.page.get_by_role("alert")
    expect(alert).to_contain_text("No access")
    expect(alert).to_contain_text("key")
    assert usage_page.page.evaluate("sessionStorage.length") == 0
    usage_page.forgive("401")


def test_a_key_that_is_good_no_longer_asks_for_another_and_opens_the_same_place(
    usage_page: UsagePage, airports: Airports
) -> None:
    usage_page.open_account(airports.key, "UA")
    usage_page.await_rest()
    usage_page.page.evaluate("sessionStorage.setItem('usage-gateway.key', 'ugw_revoked')")
    usage_page.page.get_by_label("Meter", exact=True).select_option(label="Distance")
    expect(usage_page.page.get_by_role("alert")).to_contain_text("No access")

    usage_page.page.get_by_label("API key or customer token").fill(airports.key)
    usage_page.page.get_by_role("button", name="Open").click()

    expect(usage_page.page.get_by_role("heading", name=UNITED, level=1)).to_be_visible()
    usage_page.forgive("401")


def test_a_key_that_may_not_read_is_told_so_in_the_words_of_the_api(usage_page: UsagePage, airports: Airports) -> None:
    usage_page.open(airports.ingest_key)

    alert = usage_page.page.get_by_role("alert")
    expect(alert).to_contain_text("No access")
    expect(alert).to_contain_text("read")


def test_a_search_without_a_match_says_so(usage_page: UsagePage, airports: Airports) -> None:
    usage_page.open(airports.key)

    usage_page.page.get_by_label("Search").fill("Zeppelin")

    expect(usage_page.page.get_by_text("No customer matches “Zeppelin”")).to_be_visible()


def test_a_gateway_that_cannot_be_reached_can_be_tried_again(
    usage_page: UsagePage, airports: Airports, context: BrowserContext
) -> None:
    usage_page.open_account(airports.key, "UA")
    context.set_offline(True)
    usage_page.page.get_by_label("Meter", exact=True).select_option(label="Distance")
    expect(usage_page.page.get_by_text("The gateway cannot be reached.")).to_be_visible()

    context.set_offline(False)
    usage_page.page.get_by_role("button", name="Try again").click()

    expect(usage_page.page.get_by_text("in this period")).to_be_visible()
    usage_page.forgive("ERR_INTERNET_DISCONNECTED")


def test_the_page_works_without_permission_for_inline_styles(
    usage_page: UsagePage, airports: Airports, context: BrowserContext
) -> None:
    def strictly(route: Route) -> None:
        answer = route.fetch()
        policy = answer.headers["content-security-policy"].replace(" 'unsafe-inline'", "")
        route.fulfill(response=answer, headers={**answer.headers, "content-security-policy": policy})

    context.route(f"{airports.address}/", strictly)
    usage_page.open_account(airports.key, "UA")

    usage_page.choose_period(JANUARY)
    usage_page.page.locator(".chart canvas").wait_for()

    assert usage_page.painted_pixels() > 1_000


def test_hostile_names_and_properties_are_shown_as_text(usage_page: UsagePage, airports: Airports) -> None:
    usage_page.open_account(airports.key, "XX")
    usage_page.open_invoice_of("1 Feb 2013")

    usage_page.open_line("Departures")

    expect(usage_page.drawer.get_by_text(MALICIOUS_PROPERTY)).to_be_visible()
    assert usage_page.page.locator("main img, dialog img, dialog script").count() == 0
    assert "broken" not in usage_page.page.evaluate("document.title").replace(MALICE, "")


def test_one_gets_from_account_to_explanation_and_back_by_keyboard(usage_page: UsagePage, airports: Airports) -> None:
    usage_page.open_account(airports.key, "UA")
    page = usage_page.page
    invoice = usage_page.invoice_of("1 Feb 2013")
    invoice.wait_for()

    invoice.focus()
    page.keyboard.press("Enter")
    usage_page.drawer.get_by_role("link", name="Departures", exact=True).focus()
    page.keyboard.press("Enter")
    expect(usage_page.drawer.get_by_role("heading", name="Departures", exact=True, level=2)).to_be_focused()
    page.keyboard.press("Escape")

    expect(usage_page.drawer).to_have_count(0)
    expect(invoice).to_be_focused()


def test_the_back_button_leads_from_line_to_invoice_to_account(usage_page: UsagePage, airports: Airports) -> None:
    usage_page.open_account(airports.key, "UA")
    usage_page.open_invoice_of("1 Feb 2013")
    usage_page.open_line("Distance")

    usage_page.page.go_back()
    expect(usage_page.drawer.get_by_role("heading", level=2)).to_contain_text("Invoice")
    usage_page.page.go_back()

    expect(usage_page.drawer).to_have_count(0)


def test_nothing_is_wider_than_a_small_telephone(usage_page: UsagePage, airports: Airports) -> None:
    usage_page.page.set_viewport_size({"width": 360, "height": 740})
    usage_page.open_account(airports.key, "UA")
    usage_page.choose_period(JANUARY)
    usage_page.page.locator(".uplot").wait_for()

    assert usage_page.page.evaluate("document.documentElement.scrollWidth") == 360
    usage_page.open_invoice_of("1 Feb 2013")
    usage_page.open_line("Departures")
    usage_page.drawer.locator(".events").first.wait_for()
    assert usage_page.drawer.evaluate("it => it.scrollWidth <= it.clientWidth")


DECIMALS = [
    ("grouped('12345678901234567.89')", "12,345,678,901,234,567.89"),
    ("grouped('999.50')", "999.50"),
    ("grouped('-1234.5')", "\u22121,234.5"),
    ("grouped('0.123456')", "0.123456"),
    ("grouped('17000/31')", "17,000/31"),
    ("trimmed('7475822.000000000000')", "7475822"),
    ("trimmed('20145.000', 2)", "20145.00"),
    ("trimmed('6547.125', 2)", "6547.125"),
    ("trimmed('100')", "100"),
    ("trimmed('17000/31', 2)", "17000/31"),
    ("sum(['0.1', '0.2'])", "0.3"),
    ("sum(['12345678901234567.89', '0.11'])", "12345678901234568"),
    ("sum(['-1.5', '1'])", "-0.5"),
    ("sum([])", "0"),
    ("compare('10', '9.99')", 1),
    ("compare('1.0', '1')", 0),
    ("compare('-2', '1')", -1),
    ("isZero('0.00')", True),
    ("isZero('0.01')", False),
]


def test_decimals_are_exact(usage_page: UsagePage) -> None:
    usage_page.page.goto("/")
    imported = "{grouped, trimmed, sum, compare, isZero}"
    expressions = ", ".join(expression for expression, _ in DECIMALS)

    found = usage_page.page.evaluate(f"import('/static/usage/decimals.js').then(({imported}) => [{expressions}])")

    assert found == [expected for _, expected in DECIMALS]
