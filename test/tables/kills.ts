/**
 * `kill -9` of the built command at a request that writes: before it reaches the engine, while it is carried out,
 * and after it. Each round says what is not whole then, and what the next run does not finish.
 */
import { spawn } from 'node:child_process';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { text } from 'node:stream/consumers';
import { fileURLToPath } from 'node:url';
import { type RunOptions, remoteEnv, run } from '../run.ts';
import type { Tables } from './d1.ts';
import { forget, migrate, setFlag } from './kill-scenarios.ts';

const GOBLIN = fileURLToPath(new URL('../../bin/goblin.js', import.meta.url));
const MOMENTS = ['before', 'while', 'after'] as const;

export interface Kill {
  moment: (typeof MOMENTS)[number];
  /** Which of the requests that write, from 1. */
  write: number;
}

export interface Request {
  method: string;
  path: string;
  body: string;
}

/** What is wrong, in words; null for what is as it should be. */
export type Problem = string | null;

export interface Scenario {
  line: string;
  /** How many requests of the command write. */
  writes: number;
  isWrite(request: Request): boolean;
  prepare(bench: Bench): Promise<void>;
  /** Looks at what a kill has left. */
  left(bench: Bench, kill: Kill): Promise<Problem[]>;
  /** Runs the command again, and looks whether everything is done. */
  finish(bench: Bench): Promise<Problem[]>;
}

/** The database of a scenario, and goblin on it. */
export interface Bench extends Tables {
  goblin(line: string): ReturnType<typeof run>;
}

export const SCENARIOS = { migrate, setFlag, forget };

/** One round of a scenario. Rounds go through all moments and requests. @returns what is wrong */
export async function killOnce(d1: Tables, scenario: Scenario, round: number): Promise<string[]> {
  const kill: Kill = {
    moment: MOMENTS[round % MOMENTS.length] ?? 'before',
    write: 1 + (Math.floor(round / MOMENTS.length) % scenario.writes),
  };
  const bench: Bench = { ...d1, goblin: (line) => run(line, inProcess(d1)) };
  await scenario.prepare(bench);
  const signal = await killed(d1, scenario, kill);
  const problems = [
    signal === 'SIGKILL' ? null : `it ended by ${signal}`,
    ...(await scenario.left(bench, kill)),
    ...(await scenario.finish(bench)),
  ];
  const where = `${kill.moment} write ${kill.write}`;
  return problems.flatMap((problem) => (problem === null ? [] : [`${where}: ${problem}`]));
}

const inProcess = ({ engine }: Tables): RunOptions => ({
  engine,
  cwd: '/',
  env: { GOBLIN_DATABASE: engine.database.id, GOBLIN_ACTOR: 'operator' },
});

/** Runs the command behind a proxy that kills it. @returns the signal that ended it */
async function killed(
  { engine }: Tables,
  { line, isWrite }: Scenario,
  { moment, write }: Kill,
): Promise<NodeJS.Signals | null> {
  let writes = 0;
  let kill = () => {};
  let underWay: Promise<unknown> = Promise.resolve();
  const proxy = createServer(async (incoming, outgoing) => {
    const { method = 'GET', url: path = '/', headers } = incoming;
    const body = await text(incoming);
    const isHit = isWrite({ method, path, body }) && ++writes === write;
    if (isHit && moment === 'before') return kill();
    const answering = fetch(new URL(path, engine.apiUrl), {
      method,
      headers: {
        authorization: `${headers.authorization}`,
        'content-type': headers['content-type'] ?? 'application/json',
      },
      ...(method !== 'GET' && { body }),
    }).then(async (answer) => ({ status: answer.status, body: await answer.text() }));
    underWay = answering;
    if (isHit && moment === 'while') kill();
    const answer = await answering;
    if (isHit && moment === 'after') return kill();
    outgoing.writeHead(answer.status, { 'content-type': 'application/json' }).end(answer.body);
  });
  await new Promise<void>((resolve) => proxy.listen(0, '127.0.0.1', resolve));
  const { port } = proxy.address() as AddressInfo;
  const words = ['--namespace-id', engine.namespace, ...line.split(' ')];
  const child = spawn(process.execPath, [GOBLIN, ...words], {
    cwd: '/',
    stdio: 'ignore',
    env: {
      ...process.env,
      ...remoteEnv(engine),
      CLOUDFLARE_API_BASE_URL: `http://127.0.0.1:${port}/client/v4`,
      GOBLIN_DATABASE: engine.database.id,
      GOBLIN_ACTOR: 'operator',
    },
  });
  kill = () => void child.kill('SIGKILL');
  const signal = await new Promise<NodeJS.Signals | null>((resolve) =>
    child.once('exit', (_code, by) => resolve(by)),
  );
  // What was on its way is carried out all the same.
  await underWay;
  proxy.closeAllConnections();
  proxy.close();
  return signal;
}
