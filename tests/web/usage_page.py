"""The usage page as a person sees and works it."""

from playwright.sync_api import ConsoleMessage, Locator, Page

_PAINTED = """canvas => {
  const {data} = canvas.getContext("2d").getImageData(0, 0, canvas.width, canvas.height);
  return data.reduce((count, part, at) => count + (at % 4 === 3 && part > 0 ? 1 : 0), 0);
}"""


class UsagePage:
    """One tab with the page in it."""

    def __init__(self, page: Page) -> None:
        self.page = page
        self.complaints: list[str] = []
        self._addresses: list[str] = []
        page.on("console", self._hear)
        page.on("pageerror", lambda error: self.complaints.append(str(error)))
        page.on("request", lambda request: self._addresses.append(request.url))

    def open(self, key: str, fragment: str = "") -> None:
        """Open the page with a key in its address."""
        self.page.goto(f"/#key={key}{fragment}")

    def open_account(self, key: str, customer: str) -> None:
        """Open the account of the customer with this key at once."""
        self.open(key, f"&customer={customer}")
        self.page.get_by_role("heading", level=1).wait_for()

    def pick(self, customer: str) -> None:
        """Search a customer and open its account."""
        self.page.get_by_label("Search").fill(customer)
        self.page.get_by_role("link", name=customer).click()
        self.page.get_by_role("heading", name=customer, level=1).wait_for()

    def await_rest(self) -> None:
        """Wait until everything on the page has been answered."""
        self.page.wait_for_load_state("networkidle")

    def choose_period(self, name: str) -> None:
        """Choose a billing period from the list."""
        self.page.get_by_label("Billing period", exact=True).select_option(label=name)
        self.page.get_by_role("heading", name=f"Cost of {name}").wait_for()

    def invoice_of(self, day: str) -> Locator:
        """The link to the invoice of a day."""
        return self.page.get_by_role("row", name=day).get_by_role("link")

    def open_invoice_of(self, day: str) -> None:
        """Open the invoice of a day."""
        self.invoice_of(day).click()
        self.drawer.get_by_role("table", name="Lines of the invoice").wait_for()

    def open_line(self, description: str) -> None:
        """Open the explanation of a line of the open invoice."""
        self.drawer.get_by_role("link", name=description, exact=True).click()
        self.drawer.get_by_role("heading", name=description, exact=True, level=2).wait_for()

    @property
    def drawer(self) -> Locator:
        """The panel at the side."""
        return self.page.get_by_role("dialog")

    def figure(self, name: str) -> str:
        """The exact value of a large figure, such as "So far"."""
        figure = self.page.locator(".figure", has=self.page.get_by_text(name, exact=True))
        return figure.locator("data").get_attribute("value") or ""

    def charges(self) -> list[list[str]]:
        """Of each charge of the period its name and exact values."""
        rows = self.page.get_by_role("table", name="Charges of the billing period").locator(
            ":scope > tbody > tr:not(.detail)"
        )
        return [[row.get_by_role("button").inner_text(), *_values(row)] for row in rows.all()]

    def days(self) -> list[list[str]]:
        """Of each day in the chart's table its name and exact values."""
        self.page.get_by_text("Show as a table").click()
        rows = self.page.get_by_role("region", name="Consumption by day").locator("tbody tr")
        return [[row.locator("th").inner_text(), *_values(row)] for row in rows.all()]

    def event_ids(self) -> list[str]:
        """The events counted that are shown."""
        return self.drawer.get_by_role("region", name="Events counted").locator(".event-id").all_inner_texts()

    def forgive(self, cause: str) -> None:
        """Expect that Chromium itself reported requests that failed for this cause, and nothing else."""
        assert self.complaints
        assert [complaint for complaint in self.complaints if cause not in complaint] == []
        self.complaints.clear()

    def painted_pixels(self) -> int:
        """How much of the chart is painted."""
        painted: int = self.page.locator(".chart canvas").evaluate(_PAINTED)
        return painted

    def strangers(self, address: str) -> list[str]:
        """Whom the page asked, besides the gateway."""
        return [url for url in self._addresses if not url.startswith((address, "data:"))]

    def _hear(self, message: ConsoleMessage) -> None:
        if message.type in ("error", "warning"):
            self.complaints.append(message.text)


def _values(row: Locator) -> list[str]:
    return [value.get_attribute("value") or "" for value in row.locator("data").all()]
