import { describe, expect, it } from 'vitest';
import { byteLength } from '../../src/shards/key.ts';
import { projectFlags } from '../../src/tables/flag-projection.ts';

const NOW = Date.UTC(2027, 0, 1);
const row = (flag_name: string, enabled: number, rollout_percentage: number, more = {}) => ({
  flag_name,
  enabled,
  rollout_percentage,
  version: 1,
  ...more,
});

describe('the projection of the flags', () => {
  it('holds every built-in flag and every row, as plain booleans at 0 and 100', () => {
    const rows = [row('new_ui_enabled', 1, 100), row('a', 1, 25), row('b', 0, 25), row('c', 1, 0)];
    expect(projectFlags(rows, NOW).document).toEqual({
      api_enabled: true,
      rate_limiting_enabled: true,
      new_ui_enabled: true,
      a: 25,
      b: false,
      c: false,
    });
  });

  it('takes rows of the first generation for on, whatever the percentage', () => {
    const old = { flag_name: 'beta', enabled: 1, rollout_percentage: 10 };
    expect(projectFlags([old], NOW)).toMatchObject({
      document: { beta: true },
      metadata: { version: 0 },
    });
  });

  it('adds up the versions, so that each change changes it', () => {
    const rows = [row('a', 1, 100, { version: 5 }), row('b', 1, 100, { version: 2 })];
    expect(projectFlags(rows, NOW).metadata.version).toBe(7);
  });

  it('keeps names such as __proto__ and rows without a name apart', () => {
    const timer = JSON.stringify({ until: NOW + 1, then: false });
    const { document, metadata } = projectFlags(
      [row('__proto__', 1, 100, { timer }), { enabled: 1 }, { flag_name: null }],
      NOW,
    );
    expect(Object.hasOwn(document, '__proto__')).toBe(true);
    expect(JSON.stringify(metadata)).toContain('"__proto__":{"until"');
    expect(Object.keys(document)).toHaveLength(4);
  });

  it('has as many timers as fit into the metadata, those that run out first', () => {
    const rows = Array.from({ length: 60 }, (_value, i) =>
      row(`flag_${i}`, 1, 100, { timer: JSON.stringify({ until: NOW + 60 - i, then: null }) }),
    );
    const { metadata } = projectFlags(rows, NOW);
    expect(byteLength(JSON.stringify(metadata))).toBeLessThanOrEqual(1024);
    const kept = Object.keys(metadata.timers);
    expect(kept.length).toBeGreaterThan(10);
    expect(kept).toEqual(kept.map((_name, i) => `flag_${59 - i}`));
  });
});
