/** An engine's API, and the namespace in it. */
interface Place {
  apiUrl: string;
  token: string;
  namespace: string;
}

export interface Seed {
  key: string;
  value: unknown;
  metadata?: unknown;
  /** Seconds, at least 60. */
  ttl?: number;
}

/** Puts records into a namespace, values as JSON unless they are text already. */
export async function seed(
  { apiUrl, token, namespace }: Place,
  records: readonly Seed[],
): Promise<void> {
  const url = `${apiUrl}/accounts/any/storage/kv/namespaces/${namespace}/bulk`;
  const headers = { authorization: `Bearer ${token}` };
  for (let from = 0; from < records.length; from += 10_000) {
    const body = records.slice(from, from + 10_000).map(({ key, value, metadata, ttl }) => ({
      key,
      value: typeof value === 'string' ? value : JSON.stringify(value),
      ...(metadata === undefined ? {} : { metadata }),
      ...(ttl === undefined ? {} : { expiration_ttl: ttl }),
    }));
    const answer = await fetch(url, { method: 'PUT', headers, body: JSON.stringify(body) });
    if (!answer.ok) throw new Error(`seeding failed: ${await answer.text()}`);
  }
}
