/** Builds `dist/`, over what is there. */
export function buildAll(): Promise<void>;
