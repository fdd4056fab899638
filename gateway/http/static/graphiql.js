// GraphiQL on the gateway's own files, with the key of this tab and a tab for each question that a demo raises.

import { adoptFromAddress, key } from "./usage/session.js";

const EXAMPLES = [
  `# Press the play button. Without a key in "Headers" below there is no answer: \`gateway keys create --scope read\`.
query Airlines {
  customers(first: 20) {
    totalCount
    nodes { key name subscriptions(first: 1) { nodes { planKey startsAt endsAt timeZone } } }
  }
}`,
  `query UsageByDay {
  usage(
    customer: "UA", from: "2013-01-01T00:00:00-05:00", to: "2013-02-01T00:00:00-05:00",
    meters: ["departures", "runway"], window: DAY, groupBy: ["origin"], timeZone: "America/New_York"
  ) {
    points { meter { key } startsAt dimensions { name value } quantity events }
    asOf { position isCurrent }
  }
}`,
  `query CostSoFarAndProjected {
  customer(key: "UA") {
    subscriptions(first: 1) {
      nodes {
        runningCost(at: "2013-06-15T12:00:00-04:00") {
          period { firstDay lastDay }
          total { amount currency }
          forecast { method low { amount } expected { amount currency } high { amount } }
          soFar { price quantity amount { amount } }
        }
      }
    }
  }
}`,
  `query Invoices {
  invoices(filter: { customer: "HA" }, first: 3) {
    nodes {
      number issuedOn status paymentStatus total { amount currency }
      lines { id price dimensions { name value } quantity amount { amount } }
    }
    pageInfo { hasNextPage endCursor }
  }
}`,
  `# Take the id of a line from "Invoices".
query ExplainLine($line: ID!) {
  explainLine(line: $line) {
    sentence
    agrees
    eventsCounted
    leftOut { reason events }
    events(first: 5) { nodes { value event { id occurredAt properties { name value } } } }
  }
}`,
  `query BilledToNobody {
  unattributedEvents(first: 10) {
    totalCount
    nodes { position type occurredAt reason }
  }
}`,
];

adoptFromAddress();
const headers = JSON.stringify({ Authorization: `Bearer ${key() ?? "YOUR_KEY"}` }, null, 2);
const root = ReactDOM.createRoot(document.getElementById("graphiql"));
root.render(
  React.createElement(GraphiQL, {
    fetcher: ask,
    defaultEditorToolsVisibility: "headers",
    defaultHeaders: headers,
    defaultTabs: EXAMPLES.map((query) => ({ query, headers })),
    shouldPersistHeaders: false,
    storage: memory(),
  }),
);

/** One request to the gateway. */
async function ask(parameters, { headers: given } = {}) {
  const answer = await fetch("/graphql", {
    method: "POST",
    headers: { Accept: "application/graphql-response+json", "Content-Type": "application/json", ...given },
    body: JSON.stringify(parameters),
  });
  return answer.json();
}

/** Nothing is left on the machine: keys least of all. */
function memory() {
  const kept = new Map();
  return {
    getItem: (name) => kept.get(name) ?? null,
    setItem: (name, value) => kept.set(name, value),
    removeItem: (name) => kept.delete(name),
    clear: () => kept.clear(),
    get length() {
      return kept.size;
    },
  };
}
