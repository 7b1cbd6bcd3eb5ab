/** The Worker's code in isolates of its own, in this process and on virtual time. */
import { fileURLToPath } from 'node:url';
import { bundleWorker } from '../scripts/build.js';

export type Handler = (request: Request, env: unknown, ctx: unknown) => Promise<Response>;

const bundles = new Map<string, string>();

/** A new isolate: modules are told apart by their address. */
export async function newIsolate(entry: string): Promise<Handler> {
  const code =
    bundles.get(entry) ?? (await bundleWorker(fileURLToPath(new URL(entry, import.meta.url))));
  bundles.set(entry, code);
  const unique = Buffer.from(`${code}// ${Math.random()}`).toString('base64');
  return (await import(`data:text/javascript;base64,${unique}`)).default.fetch;
}

/** What workerd has and Node has not, and a backend that answers everything. */
export function likeWorkerd(): void {
  globalThis.fetch = async () => Response.json({ ok: true });
  const timingSafeEqual = (a: ArrayBuffer, b: ArrayBuffer) => Buffer.from(a).equals(Buffer.from(b));
  Object.assign(crypto.subtle, { timingSafeEqual });
  Object.assign(globalThis, {
    IdentityTransformStream: TransformStream,
    FixedLengthStream: class extends TransformStream {
      constructor(_length: number) {
        super();
      }
    },
  });
  // A body may be sent while an answer comes; Node wants to be told so.
  globalThis.Request = class extends Request {
    constructor(input: string | URL | Request, init?: RequestInit) {
      super(input, { ...init, duplex: 'half' } as RequestInit);
    }
  };
}

/** Requests at random moments, so many a second on average, until `end`. */
export function arrive(
  perSecond: number,
  end: number,
  chance: () => number,
  ask: () => unknown,
): void {
  const next = () => {
    if (Date.now() >= end) return;
    ask();
    setTimeout(next, (-Math.log(1 - chance()) / perSecond) * 1000);
  };
  setTimeout(next, (-Math.log(1 - chance()) / perSecond) * 1000);
}
