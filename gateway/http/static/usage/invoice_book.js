// All invoices of a customer, asked for once and used by the list and by the choice of periods.

import { ask } from "./api.js";
import { INVOICES } from "./queries.js";

const PAGES_MAX = 20; // of 100 invoices each

/** A customer's invoices, the newest first. */
export class InvoiceBook {
  constructor(customer) {
    this.customer = customer;
    this.asked = null;
  }

  /** Promises `{ invoices, isWhole }`; asks again only after a failure. */
  all() {
    this.asked ??= this.load().catch((error) => {
      this.asked = null;
      throw error;
    });
    return this.asked;
  }

  async load() {
    const found = [];
    let after = null;
    for (let page = 0; page < PAGES_MAX; page += 1) {
      const { invoices } = await ask(INVOICES, { customer: this.customer, after });
      found.push(...invoices.nodes);
      if (!invoices.pageInfo.hasNextPage) {
        return { invoices: found, isWhole: true };
      }
      after = invoices.pageInfo.endCursor;
    }
    return { invoices: found, isWhole: false };
  }
}
