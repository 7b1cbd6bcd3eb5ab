import { fileURLToPath } from 'node:url';
import { expect, it } from 'vitest';
import { canMount, inNamespace } from '../local/mounts.ts';

const SCRIPT = fileURLToPath(new URL('full-disk.ts', import.meta.url));

it.skipIf(!canMount())(
  'a full disk acknowledges nothing, and all is stored once there is room',
  () => {
    const mounted = 'mount -t tmpfs -o size=3m none /mnt && exec "$@" /mnt';
    const { stdout, stderr } = inNamespace(mounted, [process.execPath, '--import', 'tsx', SCRIPT]);
    const { whileFull, stored } = JSON.parse(stdout.trim().split('\n').at(-1) || stderr);
    // The first one came before.
    expect(whileFull).toBe(1);
    const numbers = Array.from({ length: 60 }, (_, i) => `${i + 1}`);
    expect(stored).toEqual(['first', ...numbers]);
  },
);
