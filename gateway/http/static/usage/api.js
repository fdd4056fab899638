// Questions to the public GraphQL API; this page knows no other source.

import * as session from "./session.js";

const ADDRESS = "graphql";
const HEADERS = {
  Accept: "application/graphql-response+json, application/json;q=0.9",
  "Content-Type": "application/json",
};

/** Something the API refused or could not do, in its own words. */
export class ApiError extends Error {
  constructor(message, extensions = {}) {
    super(message);
    this.code = extensions.code ?? "UNKNOWN";
    this.correlationId = extensions.correlationId ?? null;
  }

  /** Whether another key could help. */
  get isNoAccess() {
    return this.code === "UNAUTHENTICATED" || this.code === "FORBIDDEN";
  }
}

let refused = () => null;

/** Call `listener` with the error whenever the key is not, or no longer, good for anything. */
export function onRefusal(listener) {
  refused = listener;
}

/**
 * The data that answers a GraphQL document. Throws `ApiError` for any error in the answer; a question that was
 * given up through `signal` throws an `AbortError`.
 */
export async function ask(query, variables = {}, signal = undefined) {
  const key = session.key();
  const response = await send(JSON.stringify({ query, variables }), key, signal);
  const answer = await read(response);
  const [error] = answer.errors ?? [];
  if (error) {
    throw reported(new ApiError(error.message, error.extensions), key);
  }
  return answer.data;
}

/** Only the key in use can be refused: an answer to an earlier one may come late. */
function reported(error, key) {
  if (error.code === "UNAUTHENTICATED" && key === session.key()) {
    refused(error);
  }
  return error;
}

async function send(body, key, signal) {
  const headers = { ...HEADERS, Authorization: `Bearer ${key}` };
  try {
    return await fetch(ADDRESS, { method: "POST", headers, body, signal, credentials: "omit" });
  } catch (error) {
    if (error.name === "AbortError") {
      throw error;
    }
    throw new ApiError("The gateway cannot be reached. Check your connection.", { code: "UNREACHABLE" });
  }
}

async function read(response) {
  try {
    return await response.json();
  } catch (error) {
    if (error.name === "AbortError") {
      throw error;
    }
    const said = `${response.status} ${response.statusText}`.trim();
    throw new ApiError(`The gateway answered ${said}, and nothing that this page can read.`, { code: "UNREADABLE" });
  }
}
