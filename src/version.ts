import manifest from '../package.json' with { type: 'json' };

export const VERSION: string = manifest.version;

/** The version of Miniflare that the local engine is made for. */
export const MINIFLARE_VERSION: string = manifest.peerDependencies.miniflare;
