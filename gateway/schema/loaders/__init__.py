"""What nodes need beyond themselves, loaded for all nodes of a request at once and only if the caller may see it."""

from gateway.schema.loaders.credit import CreditLoaders
from gateway.schema.loaders.definitions import DefinitionLoaders
from gateway.schema.loaders.documents import DocumentLoaders


class Loaders(DefinitionLoaders, DocumentLoaders, CreditLoaders):
    """The data loaders of one request. What the caller may not see is None, as if it did not exist."""
