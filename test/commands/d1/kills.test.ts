/** `goblin d1 migrate` that is killed at any of its requests: the next run finds a whole state and finishes. */
import { spawn } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';
import { migrationFiles } from '../../../scripts/schema.ts';
import { cases } from '../../cases.ts';
import { remoteEnv } from '../../run.ts';
import { serve } from '../../serve.ts';
import { FIRST_COLUMNS, FIRST_GENERATION } from '../../tables/databases.ts';
import { useDatabase } from './harness.ts';

const GOBLIN = fileURLToPath(new URL('../../../bin/goblin.js', import.meta.url));
const NAMES = migrationFiles().map(({ name }) => name);
const KILLS = cases(4, 50);

const test = useDatabase();

/** Runs the built command behind a proxy that kills it at a request that writes, and resolves to its signal. */
async function killedAt(
  write: number,
  moment: 'before' | 'while' | 'after',
): Promise<string | null> {
  const { engine } = test.d1;
  let writes = 0;
  let kill = () => {};
  const dead = new Promise<string | null>((resolve) => {
    void serve(async (request, response) => {
      const chunks: Buffer[] = [];
      for await (const chunk of request) chunks.push(chunk);
      const body = Buffer.concat(chunks).toString();
      const hit = body.includes('INSERT INTO \\"d1_migrations\\"') && ++writes === write;
      if (hit && moment === 'before') return kill();
      const answer = fetch(new URL(request.url ?? '/', engine.apiUrl), {
        method: request.method ?? 'GET',
        headers: {
          authorization: request.headers.authorization ?? '',
          'content-type': 'application/json',
        },
        ...(body !== '' && { body }),
      });
      if (hit && moment === 'while') kill();
      const { status } = await answer;
      const text = await (await answer).text();
      if (hit && moment === 'after') return kill();
      response.writeHead(status, { 'content-type': 'application/json' }).end(text);
    }).then((origin) => {
      const child = spawn(process.execPath, [GOBLIN, 'd1', 'migrate', '--yes'], {
        cwd: '/',
        stdio: 'ignore',
        env: {
          ...process.env,
          ...remoteEnv(engine),
          CLOUDFLARE_API_BASE_URL: `${origin}/client/v4`,
          GOBLIN_DATABASE: test.d1.engine.database.id,
        },
      });
      kill = () => void child.kill('SIGKILL');
      child.once('exit', (_, signal) => resolve(signal));
    });
  });
  return dead;
}

/** What the first generation wrote, without the audit entry of the migration itself. */
const firstRows = () =>
  Promise.all(
    Object.entries(FIRST_COLUMNS).map(async ([table, columns]) =>
      (await test.d1.rows(`SELECT ${columns} FROM ${table} ORDER BY 1`)).filter(
        ({ action }) => action !== 'd1.migrate',
      ),
    ),
  );

const MOMENTS = ['before', 'while', 'after'] as const;
const CASES = Array.from(
  { length: KILLS },
  (_, i) => [MOMENTS[i % 3] as (typeof MOMENTS)[number], 1 + (i % 2), i] as const,
);

describe('migrate that is killed', () => {
  it.each(CASES)(
    '%s write %i (%i) leaves whole steps, and the next run finishes',
    async (moment, write) => {
      await test.d1.query({ sql: FIRST_GENERATION });
      const before = await firstRows();
      expect(await killedAt(write, moment)).toBe('SIGKILL');
      const applied = (await test.tables()).includes('d1_migrations') ? await test.recorded() : [];
      expect(applied).toEqual(NAMES.slice(0, applied.length));
      if (moment === 'before') expect(applied).toHaveLength(write - 1);
      expect((await test.tables()).includes('feature_flag_changes')).toBe(applied.length === 2);
      expect((await test.goblin('migrate --yes')).code).toBe(0);
      expect(await test.recorded()).toEqual(NAMES);
      expect(await firstRows()).toEqual(before);
    },
  );
});
