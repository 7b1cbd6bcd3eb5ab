/** What of an account is neither KV nor D1: its tokens, its Workers. Every rejection is a GoblinError. */
import { type ApiClient, enveloped } from './client.ts';
import { type Envelope, expect, isObject, kindOf, readEnvelope } from './envelope.ts';

export interface WorkerBinding {
  type: string;
  name: string;
  /** Of a KV binding. */
  namespace_id?: unknown;
  /** Of a D1 binding; older answers call it `database_id`. */
  id?: unknown;
  database_id?: unknown;
}

export type AccountApi = ReturnType<typeof accountApi>;

export function accountApi({ sdk, accountId, ask }: ApiClient) {
  const account = `/accounts/${accountId}`;
  return {
    /** Any endpoint by its path, and the API's time (ms since 1970), null where it sends none. */
    inspect<Result extends object>(path: string) {
      return ask({
        send: (options) => sdk.get(path, options),
        read: async (response) => {
          const result = anyResult(await readEnvelope(response)) as Result;
          const date = Date.parse(response.headers.get('date') ?? '');
          return { result, date: Number.isNaN(date) ? null : date };
        },
      });
    },
    /** The bindings of a deployed Worker. */
    workerBindings(worker: string): Promise<WorkerBinding[]> {
      const path = `${account}/workers/scripts/${encodeURIComponent(worker)}/settings`;
      return ask({
        send: (options) => sdk.get(path, options),
        read: enveloped(bindingsOf),
      });
    },
    /** The name before `.workers.dev` under which the account's Workers are reached. */
    workersSubdomain(): Promise<string> {
      return ask({
        send: (options) => sdk.get(`${account}/workers/subdomain`, options),
        read: enveloped(subdomainOf),
      });
    },
  };
}

function anyResult({ result }: Envelope): object {
  expect(typeof result === 'object' && result !== null, `result is ${kindOf(result)}`);
  return result;
}

/** `GET workers/scripts/{name}/settings`, of which only the bindings are read. */
function bindingsOf({ result }: Envelope): WorkerBinding[] {
  expect(isObject(result), `result is ${kindOf(result)}`);
  const { bindings = [] } = result;
  expect(Array.isArray(bindings), `bindings is ${kindOf(bindings)}`);
  expect(bindings.every(isBinding), 'bindings holds something other than bindings');
  return bindings;
}

function isBinding(value: unknown): value is WorkerBinding {
  return isObject(value) && typeof value.type === 'string' && typeof value.name === 'string';
}

/** `GET workers/subdomain`. */
function subdomainOf({ result }: Envelope): string {
  expect(isObject(result), `result is ${kindOf(result)}`);
  const { subdomain } = result;
  expect(typeof subdomain === 'string', `the subdomain is ${kindOf(subdomain)}`);
  return subdomain;
}
