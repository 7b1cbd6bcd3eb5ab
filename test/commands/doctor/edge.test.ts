import { describe, expect, it } from 'vitest';
import { NAMESPACES, useEngine } from '../../engine.ts';
import { type RunOptions, run } from '../../run.ts';

const SECRET = 'correct-horse-battery-staple';

const engine = useEngine({
  edge: {
    name: 'edge',
    kv: { GOBLIN_KV: NAMESPACES[0].id },
    vars: { ADMIN_TOKEN: SECRET, API_TIMEOUT_MS: '60s', CACHE_PATHS: '/models' },
  },
});

interface Row {
  check: string;
  status: string;
  detail: string;
  fix: string | null;
}

/** What doctor finds of the edge. */
async function edgeFinding(line: string, options: RunOptions = {}) {
  const { code, stdout } = await run(`doctor --json ${line}`, { engine, ...options });
  const rows = JSON.parse(stdout) as Row[];
  return { code, stdout, ...(rows.find(({ check }) => check === 'edge') as Row) };
}

describe('doctor and the edge', () => {
  it('names the variables of a real edge that are not valid', async () => {
    const env = { GOBLIN_ADMIN_TOKEN: SECRET };
    const { code, status, detail, stdout } = await edgeFinding(`--edge ${engine.edgeUrl}`, { env });
    expect(code).toBe(0);
    expect(status).toBe('warning');
    expect(detail).toMatch(/API_TIMEOUT_MS is not a whole number from 1 to \d+ \("60s"\)$/);
    expect(stdout).not.toContain(SECRET);
  });

  it('tells that the secret is wrong', async () => {
    const env = { GOBLIN_ADMIN_TOKEN: 'wrong', GOBLIN_EDGE_URL: engine.edgeUrl ?? '' };
    const { code, status, fix } = await edgeFinding('', { env });
    expect([code, status]).toEqual([8, 'failed']);
    expect(fix).toContain('ADMIN_TOKEN');
  });

  it('asks the address of --edge rather than that of the environment', async () => {
    const asked: string[] = [];
    const { status, detail } = await edgeFinding('--edge https://edge.test', {
      env: { GOBLIN_ADMIN_TOKEN: SECRET, GOBLIN_EDGE_URL: 'https://other.test' },
      fetch: async (url, init) => {
        if (!url.includes('.test')) return fetch(url, init);
        asked.push(url);
        return Response.json({ version: '1.2.3', bad_variables: [], dropped: {} });
      },
    });
    expect(asked).toEqual(['https://edge.test/_goblin/health']);
    expect([status, detail]).toEqual(['ok', expect.stringContaining('version 1.2.3')]);
  });

  it.each([
    ['', { GOBLIN_ADMIN_TOKEN: SECRET }, '--edge'],
    ['--edge https://edge.test', {}, 'GOBLIN_ADMIN_TOKEN'],
  ])('is skipped where something is missing: doctor %s', async (line, env, hint) => {
    const { status, detail } = await edgeFinding(line, { env });
    expect(status).toBe('skipped');
    expect(detail).toContain(hint);
  });

  it('does not take a path for an address', async () => {
    expect((await run('doctor --edge https://edge.test/x', { engine })).code).toBe(2);
  });
});
