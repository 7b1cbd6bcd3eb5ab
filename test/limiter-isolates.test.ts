/** Four isolates of the edge in workerd, and the one object that all take their tokens from. */
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { askAll, burst, helper } from '../bench/bursts.ts';
import { type LimiterEngine, startLimiterEngine } from '../bench/limiter-engine.ts';

const RUNS = 5;

describe.each(['leased', 'strict'])('%s, four isolates', (RATE_LIMIT_MODE) => {
  let backend: Awaited<ReturnType<typeof helper>>;
  let kv: Awaited<ReturnType<typeof helper>>;
  let engine: LimiterEngine;

  beforeAll(async () => {
    backend = await helper('backend.js');
    kv = await helper('kv.js');
    const API_URL = `http://127.0.0.1:${backend.port}`;
    const vars = { API_URL, ANALYTICS_SAMPLE: '0', RATE_LIMIT_MODE };
    const entry = '../worker/src/index.ts';
    engine = await startLimiterEngine({ entry, isolates: 4, vars, kvPort: kv.port });
  });

  afterAll(async () => {
    await engine?.stop();
    backend?.stop();
    kv?.stop();
  });

  it('let 100 of 400 requests through, which come at once', async () => {
    const passed: number[] = [];
    for (let run = 1; run <= RUNS; run++) {
      const statuses = await burst(engine.ports, 400, `203.0.113.${run}`, 16);
      passed.push(statuses.filter((status) => status === 200).length);
      expect(new Set(statuses)).toEqual(new Set([200, 429]));
    }
    expect(Math.max(...passed)).toBeLessThanOrEqual(100);
    if (RATE_LIMIT_MODE === 'strict') expect(passed).toEqual(Array(RUNS).fill(100));
  });

  it('let exactly 100 through where all requests reach one isolate', async () => {
    const statuses = await burst(engine.ports.slice(0, 1), 300, '203.0.113.200', 100);
    expect(statuses.filter((status) => status === 200)).toHaveLength(100);
  });

  it('fail no request of many addresses that come at once', async () => {
    const addresses = Array.from({ length: 500 }, (_, i) => `192.0.${i >> 8}.${i & 255}`);
    const statuses = await askAll(engine.ports, addresses, 64);
    expect(new Set(statuses)).toEqual(new Set([200]));
  });
});
