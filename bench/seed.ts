/** Records for the measurements, put into an engine's namespace as fast as it takes them. */
import type { Engine } from '../src/local/engine.ts';

export interface BenchRecord {
  key: string;
  value: string;
  metadata?: unknown;
  expiration_ttl?: number;
}

const BATCH = 5000;

export async function seedEngine(
  { apiUrl, token }: Engine,
  namespace: string,
  records: readonly BenchRecord[],
): Promise<void> {
  const url = `${apiUrl}/accounts/bench/storage/kv/namespaces/${namespace}/bulk`;
  for (let from = 0; from < records.length; from += BATCH) {
    const answer = await fetch(url, {
      method: 'PUT',
      headers: { authorization: `Bearer ${token}` },
      body: JSON.stringify(records.slice(from, from + BATCH)),
    });
    if (!answer.ok) throw new Error(`seeding failed: ${await answer.text()}`);
  }
}
