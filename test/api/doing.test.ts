import { expect, it } from 'vitest';
import { doing } from '../../src/api/doing.ts';

const KV = 'https://api.cloudflare.com/client/v4/accounts/a/storage/kv/namespaces/n';
const D1 = 'https://api.cloudflare.com/client/v4/accounts/a/d1/database/d';

it.each([
  [`${KV}/keys?prefix=session%3AtokenA&limit=1000`, 'GET', 'listing keys of session:'],
  [`${KV}/keys`, 'GET', 'listing keys'],
  [`${KV}/keys?prefix=tok`, 'GET', 'listing keys'],
  [`${KV}/values/session%3AtokenA`, 'GET', 'reading a value'],
  [`${KV}/bulk/get`, 'POST', 'reading values'],
  [`${KV}/bulk`, 'PUT', 'writing keys'],
  [`${KV}/bulk/delete`, 'POST', 'deleting keys'],
  [`${D1}/query`, 'POST', 'querying the database'],
  [`${D1}/export`, 'POST', 'exporting the database'],
  ['https://api.cloudflare.com/client/v4/user', 'GET', 'asking the API'],
])('%s %s is told as "%s"', (url, method, words) => {
  expect(doing(url, method)).toBe(words);
});
