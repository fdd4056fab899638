"""The schema as it is served."""

from strawberry.schema.config import StrawberryConfig

from gateway.schema.descriptions import describe
from gateway.schema.guarded_schema import GuardedSchema
from gateway.schema.mutations.root import Mutation
from gateway.schema.queries.root import Query
from gateway.schema.scalars import SCALARS


def build_schema(is_demo: bool = False) -> GuardedSchema:
    """The whole API. A demo also suggests names for those that do not exist."""
    schema = GuardedSchema(Query, Mutation, suggestions=is_demo, config=StrawberryConfig(scalar_map=SCALARS))
    describe(schema._schema)
    return schema
