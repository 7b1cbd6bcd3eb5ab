/**
 * What the edge Worker's use of KV costs: the real code, on virtual time and a KV that counts, for a stated
 * mix of traffic, beside the Worker written down simply. `npm run bench:cost`.
 */
import { type Counts, countingKv } from './counting-kv.ts';
import { simulateDays } from './days.ts';
import { total, verdict } from './figures.ts';
import { arrive, type Handler, likeWorkerd, newIsolate } from './isolates.ts';
import { abusiveRequest, ordinaryRequest, random, TRAFFIC, tokenOf } from './traffic.ts';
import { startVirtualTime } from './virtual-time.ts';

interface Costs extends Counts {
  requests: number;
  blocked: number;
}

/** Dollars per million operations beyond what is included (developers.cloudflare.com/kv/platform/pricing). */
const PRICE = { read: 0.5, write: 5 };
/** Operations a day that the free plan gives. */
const FREE = { reads: 100_000, writes: 1000 };
/** More than the traffic makes: what a paid plan has no limit for. */
const PAID = 1e9;
const SIMULATED_MS = 15 * 60_000;
const SAMPLES = [0, 0.001, 0.01, 0.1, 1];
const DAY_SECONDS = 86_400;

const START = Date.UTC(2027, 0, 1);
const clock = startVirtualTime(START);
let simulated = START;
likeWorkerd();

const simple = await simulate('worker/simple.ts', 0);
const edge = new Map<number, Costs>();
for (const sample of SAMPLES) edge.set(sample, await simulate('../worker/src/index.ts', sample));

report();
await simulateDays(clock);

/** Lets traffic pass through as many isolates as there are. */
async function simulate(entry: string, sample: number): Promise<Costs> {
  const { namespace, counts } = countingKv();
  const handlers = await Promise.all(
    Array.from({ length: TRAFFIC.isolates }, () => newIsolate(entry)),
  );
  const env = {
    GOBLIN_KV: namespace,
    API_URL: 'https://backend.test',
    ANALYTICS_SAMPLE: sample,
    KV_WRITES_PER_DAY: PAID,
  };
  const ctx = { waitUntil: () => {} };
  const chance = random(1);
  const end = simulated + SIMULATED_MS;
  const costs = { requests: 0, blocked: 0 };
  await logIn(namespace, simulated);
  counts.writes = {};

  async function ask(request: Request): Promise<void> {
    const handler = handlers[Math.floor(chance() * handlers.length)] as Handler;
    const response = await handler(request, env, ctx);
    costs.requests++;
    if (response.status === 429) costs.blocked++;
    else if (!response.ok) throw new Error(`${request.url} got ${response.status}`);
    await response.text();
  }

  arrive(TRAFFIC.requestsPerSecond, end, chance, () => ask(ordinaryRequest(chance)));
  for (let i = 0; i < TRAFFIC.abusiveAddresses; i++) {
    arrive(TRAFFIC.abusiveRequestsPerSecond, end, chance, () => ask(abusiveRequest(i)));
  }
  await clock.runUntil(end);
  simulated = end;
  return { ...counts, ...costs };
}

async function logIn(namespace: ReturnType<typeof countingKv>['namespace'], now: number) {
  for (let client = 0; client < TRAFFIC.ordinaryAddresses; client++) {
    const session = { user_id: `u_${client}`, expires_at: now + 86_400_000, last_activity: now };
    await namespace.put(`session:${tokenOf(client)}`, JSON.stringify(session), {
      expirationTtl: 86_400,
    });
  }
}

function report(): void {
  const frugal = edge.get(0) as Costs;
  const { requestsPerSecond, ordinaryAddresses, abusiveAddresses } = TRAFFIC;
  say(
    `${requestsPerSecond} requests/s from ${ordinaryAddresses} addresses, and ${abusiveAddresses} more`,
    `with ${TRAFFIC.abusiveRequestsPerSecond} requests/s each; ${TRAFFIC.isolates} isolates.`,
    `${percent(TRAFFIC.cached)} cached GETs, ${percent(TRAFFIC.withSession)} with a session,`,
    `${percent(TRAFFIC.chats)} chats. ${SIMULATED_MS / 60_000} minutes, ${frugal.requests} requests.`,
  );
  say('\nKV operations per million requests, ANALYTICS_SAMPLE=0, by shard:');
  for (const kind of ['reads', 'writes'] as const) {
    for (const [shard, count] of Object.entries(frugal[kind])) {
      say(`  ${kind.padEnd(8)}${shard.padEnd(16)}${perMillion(count, frugal).padStart(12)}`);
    }
  }
  say(`  refused by KV for a second write within a second: ${frugal.tooSoon}`);
  say('\n                    reads/M    writes/M   paid, $/M   free: requests/day   blocked');
  line('simple', simple);
  for (const [sample, costs] of edge) line(`edge, sample ${sample}`, costs);
  const share = total(frugal.writes) / frugal.requests / (total(simple.writes) / simple.requests);
  say(`\nWrites with ANALYTICS_SAMPLE=0: ${percent(share)} of the simple Worker's.`);
  say('\nWhat a sampling rate shows at this traffic:');
  say('  sample   events/day   error of an hourly count   smallest share seen in an hour');
  for (const sample of SAMPLES.slice(1)) shown(sample, frugal);
  verdict('Writes without events are under 5 % of the simple Worker’s', share < 0.05);
}

function line(name: string, costs: Costs): void {
  const reads = total(costs.reads) / costs.requests;
  const writes = total(costs.writes) / costs.requests;
  const dollars = reads * PRICE.read + writes * PRICE.write;
  const free = Math.min(FREE.reads / reads, FREE.writes / writes);
  say(
    name.padEnd(17),
    perMillion(total(costs.reads), costs).padStart(9),
    perMillion(total(costs.writes), costs).padStart(11),
    dollars.toFixed(2).padStart(11),
    Math.floor(free).toLocaleString('en').padStart(20),
    percent(costs.blocked / costs.requests).padStart(9),
  );
}

/** A count of n sampled events is known to about 1/√n; three events are taken to be seen. */
function shown(sample: number, { requests, blocked }: Costs): void {
  const perSecond = (requests - blocked) / (SIMULATED_MS / 1000);
  const perHour = perSecond * 3600 * sample;
  say(
    `  ${String(sample).padEnd(7)}`,
    Math.round(perSecond * DAY_SECONDS * sample)
      .toLocaleString('en')
      .padStart(12),
    `± ${percent(1 / Math.sqrt(perHour))}`.padStart(26),
    percent(3 / perHour).padStart(32),
  );
}

function perMillion(count: number, { requests }: Costs): string {
  return Math.round((count / requests) * 1e6).toLocaleString('en');
}

function percent(share: number): string {
  return `${Number((share * 100).toPrecision(2))} %`;
}

function say(...words: string[]): void {
  process.stdout.write(`${words.join(' ')}\n`);
}
