import manifest from '../../package.json' with { type: 'json' };

export const VERSION: string = manifest.version;

/** The versions of Miniflare that the local engine runs with: `>=first <=last`. */
const MINIFLARE = /^>=(\S+) <=(\S+)$/.exec(manifest.peerDependencies.miniflare) ?? [];

/** The oldest: those before it cannot open state that a newer workerd has touched. */
export const OLDEST_MINIFLARE = MINIFLARE[1] ?? '';

/** The newest, which is the one to install. */
export const MINIFLARE_VERSION = MINIFLARE[2] ?? '';
