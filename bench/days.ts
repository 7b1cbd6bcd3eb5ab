/**
 * Whole days on a free plan: what polite clients and attackers make the Worker write, with every variable at
 * its default. Isolates are replaced every two hours, and each user logs in once.
 */
import { countingKv } from './counting-kv.ts';
import { total, verdict } from './figures.ts';
import { arrive, type Handler, newIsolate } from './isolates.ts';
import { attackersRequest, loginOf, politeRequest, random } from './traffic.ts';

/** Writes a day that the free plan gives. */
const FREE_WRITES = 1000;
const DAY_MS = 86_400_000;
const ISOLATES = 4;
const ISOLATE_MS = 2 * 3_600_000;
const ADMIN_TOKEN = 'correct-horse-battery-staple';

interface Scenario {
  name: string;
  users: number;
  perMinute: number;
  request: (chance: () => number, user: number, token: string) => Request;
}

const SCENARIOS: Scenario[] = [
  { name: '1 polite address, 90/min', users: 1, perMinute: 90, request: politeRequest },
  { name: '10 polite, 10/min each', users: 10, perMinute: 10, request: politeRequest },
  { name: '100 polite, 2/min each', users: 100, perMinute: 2, request: politeRequest },
  {
    name: 'attacker with a /64, 2/s',
    users: 1,
    perMinute: 120,
    request: (chance) => attackersRequest(chance, 64),
  },
  {
    name: 'attacker with a /48, 2/s',
    users: 1,
    perMinute: 120,
    request: (chance) => attackersRequest(chance, 48),
  },
];

interface Day {
  requests: number;
  writes: Record<string, number>;
  logins: number;
}

export async function simulateDays(clock: { runUntil(end: number): Promise<void> }): Promise<void> {
  say(`\nWrites of a day on the free plan (${FREE_WRITES}), ${ISOLATES} isolates, defaults:`);
  say('                              requests   writes   logins   by shard');
  const days: [Scenario, Day][] = [];
  for (const scenario of SCENARIOS) {
    const day = await simulate(clock, scenario);
    days.push([scenario, day]);
    line(scenario, day);
  }
  verdict(
    `None uses up the ${FREE_WRITES} writes of a day`,
    days.every(([, { writes }]) => total(writes) < FREE_WRITES),
  );
  verdict(
    'Every login succeeds',
    days.every(([{ users }, { logins }]) => logins === users),
  );
}

/** A day from midnight UTC on, in which KV refuses what is over the plan. */
async function simulate(
  clock: { runUntil(end: number): Promise<void> },
  { users, perMinute, request }: Scenario,
): Promise<Day> {
  const { namespace, counts } = countingKv(FREE_WRITES);
  const env = { GOBLIN_KV: namespace, API_URL: 'https://backend.test', ADMIN_TOKEN };
  const chance = random(users);
  const start = Math.ceil(Date.now() / DAY_MS) * DAY_MS;
  const end = start + DAY_MS;
  const tokens: string[] = [];
  const day = { requests: 0, logins: 0 };
  let isolates: Handler[] = [];

  const ask = async (asked: Request): Promise<Response> => {
    const isolate = isolates[Math.floor(chance() * ISOLATES)] as Handler;
    day.requests++;
    return isolate(asked, env, { waitUntil: () => {} });
  };
  const logIn = async (user: number) => {
    const response = await ask(loginOf(user, ADMIN_TOKEN));
    const { token } = (await response.json()) as { token?: string };
    if (token === undefined) return;
    tokens[user] = token;
    day.logins++;
  };

  await clock.runUntil(start);
  for (let user = 0; user < users; user++) {
    // At any time of the day: what is written before must leave room for it.
    setTimeout(() => logIn(user), chance() * DAY_MS * 0.99);
    arrive(perMinute / 60, end, chance, () => ask(request(chance, user, tokens[user] ?? '')));
  }
  for (let now = start; now < end; now += ISOLATE_MS) {
    isolates = await Promise.all(
      Array.from({ length: ISOLATES }, () => newIsolate('../worker/src/index.ts')),
    );
    await clock.runUntil(now + ISOLATE_MS);
  }
  return { ...day, writes: { ...counts.writes } };
}

function line({ name, users }: Scenario, { requests, writes, logins }: Day): void {
  const shards = Object.entries(writes).map(([shard, count]) => `${shard} ${count}`);
  say(
    name.padEnd(27),
    requests.toLocaleString('en').padStart(11),
    total(writes).toString().padStart(8),
    `${logins}/${users}`.padStart(8),
    ` ${shards.join(', ')}`,
  );
}

function say(...words: string[]): void {
  process.stdout.write(`${words.join(' ')}\n`);
}
