// Every question that the page asks, in one place: it is also what a customer's own front end would ask.

const PERIOD = "period { start end firstDay lastDay }";
const MONEY = "{ amount currency }";
const PAGE = "pageInfo { hasNextPage endCursor }";
const STEPS = "steps { label units unitAmount flatAmount amount }";
const LINE = `price description ${PERIOD} quantity unit amount ${MONEY} exactAmount timing meterKey
  dimensions { name value }`;
const EVENT = `event { position source id type occurredAt properties { name kind value } } value reason`;

/** Who asks. */
export const VIEWER = `query Viewer { viewer { id scopes customer { key name } } }`;

/** A page of customers whose name or key matches. */
export const CUSTOMERS = `query Customers($search: String, $after: String) {
  customers(search: $search, first: 20, after: $after) { nodes { id key name } ${PAGE} totalCount }
}`;

/** A customer with its subscriptions and the meters that their plans price. */
export const ACCOUNT = `query Account($key: String!) {
  customer(key: $key) {
    id key name email
    subscriptions(first: 100) { nodes {
      id key planKey planVersion startsAt endsAt timeZone isActive
      plan { name prices { meter { key name unit current { dimensions aggregation } } } }
    } }
  }
}`;

/** What a subscription costs at an instant of a period, and what the period will come to. */
export const COST = `query Cost($subscription: ID!, $at: DateTime) {
  subscription(id: $subscription) {
    runningCost(at: $at) {
      ${PERIOD} at total ${MONEY} asOf { at isCurrent }
      soFar { ${LINE} ${STEPS} }
      forecast { method low ${MONEY} expected ${MONEY} high ${MONEY} lines { ${LINE} ${STEPS} } }
    }
  }
}`;

/** A meter's quantities by day, by day and dimension, and over the whole period. */
export const CONSUMPTION = `query Consumption(
  $customer: String!, $from: DateTime!, $to: DateTime!, $meters: [String!], $zone: String!,
  $groupBy: [String!]!, $isGrouped: Boolean!
) {
  whole: usage(customer: $customer, from: $from, to: $to, meters: $meters) { points { quantity events } }
  days: usage(customer: $customer, from: $from, to: $to, meters: $meters, window: DAY, timeZone: $zone) {
    points { startsAt endsAt quantity events }
    asOf { at isCurrent }
  }
  groups: usage(customer: $customer, from: $from, to: $to, meters: $meters, window: DAY, timeZone: $zone,
    groupBy: $groupBy) @include(if: $isGrouped) { points { startsAt dimensions { name value } quantity events } }
}`;

/** A page of a customer's invoices, the newest first. */
export const INVOICES = `query Invoices($customer: String!, $after: String) {
  invoices(filter: { customer: $customer }, first: 100, after: $after, newestFirst: true) {
    nodes {
      id number numberedBy documentNumber status paymentStatus issuedOn total ${MONEY} subscription { id } lines { ${PERIOD} timing }
    }
    ${PAGE}
  }
}`;

/** An invoice with its lines. */
export const INVOICE = `query Invoice($id: ID!) {
  invoice(id: $id) {
    id number numberedBy documentNumber status paymentStatus issuedOn finalizedAt payUrl total ${MONEY} plan { name } planVersion
    customer { key name } subscription { timeZone } holds { kind detail } lines { id ordinal ${LINE} }
  }
}`;

/** Why a line is what it is, with the first events on either side. */
export const EXPLANATION = `query Explanation($line: ID!) {
  explainLine(line: $line) {
    sentence eventsCounted leftOut { reason events } replayedQuantity agrees
    meter { version eventType aggregation value filters { property values } }
    line { id ordinal ${LINE} ${STEPS} }
    invoice { id number numberedBy documentNumber status issuedOn subscription { timeZone } }
    events(first: 20) { nodes { ${EVENT} } ${PAGE} }
    eventsLeftOut(first: 20) { nodes { ${EVENT} } ${PAGE} }
  }
}`;

/** A further page of the events that a line counts. */
export const EVENTS = `query Events($line: ID!, $after: String) {
  explainLine(line: $line) { events(first: 20, after: $after) { nodes { ${EVENT} } ${PAGE} } }
}`;

/** A further page of the events that a line leaves out. */
export const EVENTS_LEFT_OUT = `query EventsLeftOut($line: ID!, $after: String) {
  explainLine(line: $line) { events: eventsLeftOut(first: 20, after: $after) { nodes { ${EVENT} } ${PAGE} } }
}`;

/** A customer's events that belong to no subscription. */
export const UNATTRIBUTED = `query Unattributed($customer: String!, $after: String) {
  unattributedEvents(customer: $customer, first: 20, after: $after) {
    nodes { position type occurredAt reason } ${PAGE} totalCount
  }
}`;
