/** Builds the CLI into `dist/`, over what is there. */
export function buildCli(): Promise<void>;

/** Builds the Workers into `dist/workers/`, over what is there. */
export function buildWorkers(): Promise<void>;

/** A Worker with all that it imports, minified. @returns the code of one ES module */
export function bundleWorker(entry: string): Promise<string>;
