// Audits a GraphQL-over-HTTP server: `AUDIT_KEY=... node audit.mjs URL`. Fails unless every MUST and SHOULD is met.
import { serverAudits } from 'graphql-http';

const [url, key = process.env.AUDIT_KEY] = process.argv.slice(2);
if (!url || !key) {
  console.error('usage: node audit.mjs URL [KEY], or with the key in AUDIT_KEY');
  process.exit(2);
}

const fetchWithKey = (target, init = {}) =>
  fetch(target, { ...init, headers: { ...init.headers, authorization: `Bearer ${key}` } });

const results = [];
for (const audit of serverAudits({ url, fetchFn: fetchWithKey })) {
  const result = await audit.fn();
  results.push(result);
  console.log(`${result.status.padEnd(6)} ${result.id} ${result.name}${result.reason ? `: ${result.reason}` : ''}`);
}

// Of the audits' names, those that begin with neither are MAY: free for the server to choose.
const unmet = results.filter(({ name, status }) => /^(MUST|SHOULD) /.test(name) && status !== 'ok');
console.log(`${results.length} audits, ${unmet.length} MUST or SHOULD not met`);
process.exit(results.length > 0 && unmet.length === 0 ? 0 : 1);
