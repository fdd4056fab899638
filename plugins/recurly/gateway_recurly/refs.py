"""How Recurly is asked for what has a name of its own: an account by its code, an invoice by its number."""

_CODE = "code-"
_NUMBER = "number-"


def account_ref(code: str) -> str:
    """How an account is asked for by its code, which is our customer's id."""
    return f"{_CODE}{code}"


def account_code(ref: str) -> str:
    """The code of the account that `ref` asks for."""
    return ref.removeprefix(_CODE)


def invoice_ref(number: str) -> str:
    """How an invoice is asked for by its number there, which is what webhooks name it by."""
    return f"{_NUMBER}{number}"
