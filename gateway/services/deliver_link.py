"""Look up a link of a customer to what a provider has of it, and store it."""

from gateway.core.customer_links import CustomerLink
from gateway.plugin_api import NeedsAttention
from gateway.services.delivery_errand import DeliveryReport, Errand
from gateway.services.link_customer import LinkRefused, look_up, store_link
from gateway.services.settle_delivery import SETTLE


class LinkErrand(Errand):
    """Only read there, so that it may be done again at any time."""

    def run(self) -> DeliveryReport:
        """See `Errand.run`."""
        link: CustomerLink = self.installation.storage.read(lambda unit: unit.switches.link(self.delivery.document_id))
        try:
            look_up(self.installation, self.provider, link)
            return self.conclude(lambda unit: store_link(unit, self.installation, link))
        except LinkRefused as refused:
            raise NeedsAttention(refused.reason, f"{refused.remedy}, link that, and {SETTLE}") from None
