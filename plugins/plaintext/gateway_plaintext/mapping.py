"""What our accounts are called in plain-text books, unless the configuration says so."""

DEFAULT_ACCOUNTS = {
    "bad_debt": "Expenses:BadDebt",
    "breakage": "Income:Breakage",
    "cash": "Assets:Cash",
    "chargebacks": "Income:Chargebacks",
    "credit_given_away": "Expenses:CreditGivenAway",
    "credit_notes": "Income:CreditNotes",
    "customer_credit": "Liabilities:CustomerCredit",
    "deferred_revenue": "Liabilities:DeferredRevenue",
    "prepayments": "Assets:Prepayments",
    "receivables": "Assets:Receivable",
    "refunds_payable": "Liabilities:RefundsPayable",
    "revenue": "Income:Usage",
    "rounding": "Expenses:Rounding",
    "settled_outside": "Equity:SettledOutside",
    "tax_liability": "Liabilities:Tax",
    "unbilled_receivables": "Assets:Unbilled",
    "voids": "Income:Voids",
}
