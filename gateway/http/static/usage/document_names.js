// What invoices are called: by their legal number, which may be one of the provider's.

/** An invoice by name; a statement while the provider that numbers it has not. */
export function documentName(invoice) {
  if (invoice.number === null) {
    return "Invoice without a number yet";
  }
  return invoice.documentNumber ? `Invoice ${invoice.documentNumber}` : `Statement ${invoice.number}`;
}

/** The same in a list of them. */
export function numberOf(invoice) {
  return invoice.documentNumber ?? invoice.number ?? "No number yet";
}
