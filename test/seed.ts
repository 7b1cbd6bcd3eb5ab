import type { TestEngine } from './engine.ts';

export interface Seed {
  key: string;
  value: unknown;
  metadata?: unknown;
  /** Seconds, at least 60. */
  ttl?: number;
}

/** Puts records into a test engine's first namespace, values as JSON unless they are text already. */
export async function seed(engine: TestEngine, records: readonly Seed[]): Promise<void> {
  for (let from = 0; from < records.length; from += 10_000) {
    const body = records.slice(from, from + 10_000).map(({ key, value, metadata, ttl }) => ({
      key,
      value: typeof value === 'string' ? value : JSON.stringify(value),
      ...(metadata === undefined ? {} : { metadata }),
      ...(ttl === undefined ? {} : { expiration_ttl: ttl }),
    }));
    const answer = await engine.kv('/bulk', { method: 'PUT', body: JSON.stringify(body) });
    if (!answer.ok) throw new Error(`seeding failed: ${await answer.text()}`);
  }
}
