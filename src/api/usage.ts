/** What a run has cost: the line that `--verbose` ends with, and the figures that plans quote. */

/** Kinds of KV operation as Cloudflare bills them: per key, and per request for lists. */
export interface Operations {
  list: number;
  read: number;
  write: number;
  delete: number;
}

export interface Usage extends Operations {
  /** HTTP requests sent, retries included. */
  requests: number;
  retries: number;
  /** Milliseconds spent waiting for the API's rate limit. */
  waitedMs: number;
}

export function noUsage(): Usage {
  return { requests: 0, retries: 0, waitedMs: 0, list: 0, read: 0, write: 0, delete: 0 };
}

/** "3 requests, 1 list, 200 reads, 0.4 s", leaving out what did not happen. */
export function describeUsage(usage: Usage, elapsedMs: number): string {
  const counts: [number, string][] = [
    [usage.retries, 'retry'],
    [usage.list, 'list'],
    [usage.read, 'read'],
    [usage.write, 'write'],
    [usage.delete, 'delete'],
  ];
  const parts = counts.filter(([count]) => count > 0).map(([count, word]) => plural(count, word));
  const waited = usage.waitedMs > 0 ? [`${seconds(usage.waitedMs)} waiting`] : [];
  return [plural(usage.requests, 'request'), ...parts, ...waited, seconds(elapsedMs)].join(' · ');
}

function plural(count: number, word: string): string {
  const many = word.endsWith('y') ? `${word.slice(0, -1)}ies` : `${word}s`;
  return `${count.toLocaleString('en-US')} ${count === 1 ? word : many}`;
}

function seconds(ms: number): string {
  return `${(ms / 1000).toFixed(ms < 10_000 ? 2 : 0)} s`;
}
