/**
 * `--jq`: the JSON of a command, filtered by jq itself (jqlang.org), compiled to WebAssembly. It is loaded here
 * alone.
 */
// Not by `import()`: the package is a promise, and a copy of a promise cannot be awaited.
import jqWeb from 'jq-web';
import { GoblinError, usageError } from '../contract/errors.ts';
import type { Io } from '../io/streams.ts';
import { visible } from './text.ts';

/** jq's exit code for an expression that does not compile; a failure on the data is 5 (jq's manual, "EXIT STATUS"). */
const NOT_COMPILED = 3;

/**
 * Runs work whose stdout is JSON, and writes what the expression makes of it: a line for each result, texts as
 * they are and anything else as compact JSON, as `gh --jq` does.
 * @param work gets streams in place of these
 * @throws {GoblinError} exit 2 for an expression that does not compile, before anything is done, or that fails on
 *   the data; and what the work throws, after its output has been filtered
 */
export async function filtered(
  io: Io,
  expression: string,
  work: (io: Io) => Promise<void>,
): Promise<void> {
  const jq = await load();
  jq.check(expression);
  const chunks: Uint8Array[] = [];
  const stdout = {
    isTTY: false,
    columns: undefined,
    async write(chunk: string | Uint8Array) {
      chunks.push(Buffer.from(chunk));
    },
  };
  let failure: unknown;
  await work({ ...io, stdout, stdoutFile: () => null }).catch((error: unknown) => {
    failure = error ?? new GoblinError('failed', 'unexpected', 'unexpected');
  });
  const text = Buffer.concat(chunks).toString();
  if (text !== '' && !(failure && text.trim() === '')) {
    for (const line of jq.run(text, expression, failure)) {
      await io.stdout.write(`${io.stdout.isTTY ? visible(line) : line}\n`);
    }
  }
  if (failure) throw failure;
}

interface Jq {
  /** @throws {GoblinError} exit 2 where it does not compile */
  check(expression: string): void;
  /** The results, as lines. A failure that the command has met already goes before one of jq. */
  run(json: string, expression: string, failure: unknown): string[];
}

async function load(): Promise<Jq> {
  const { raw } = await jqWeb;
  // The blank keeps jq from taking an expression such as `-1` for an option; no result at all is undefined.
  const results = (json: string, expression: string) =>
    (raw(json, ` ${expression}`, ['-c']) ?? '').split('\n').filter((line) => line !== '');
  return {
    check(expression) {
      try {
        results('null', expression);
      } catch (error) {
        const { code, message } = meaningOf(error);
        if (code === NOT_COMPILED) throw badExpression(message, 'See jqlang.org/manual.');
      }
    },
    run(json, expression, failure) {
      try {
        return results(json, expression).map(lineOf);
      } catch (error) {
        if (failure) throw failure;
        throw badExpression(
          meaningOf(error).message,
          'The command itself was carried out; without --jq you see what it says.',
        );
      }
    },
  };
}

/** A text without quotes and escapes; anything else stays JSON. */
const lineOf = (json: string): string => (json.startsWith('"') ? JSON.parse(json) : json);

/** From "Non-zero exit code: 3\njq: error: syntax error, … at <top-level>, line 1:\n…" to its code and reason. */
function meaningOf(error: unknown): { code: number; message: string } {
  const text = error instanceof Error ? error.message : String(error);
  const [first = '', ...rest] = text.split('\n');
  const reason = rest.find((line) => line.startsWith('jq: ')) ?? first;
  const message = reason
    .replace(/^jq: error( \(at [^)]*\))?: /, '')
    .replace(' (Unix shell quoting issues?)', '')
    .replace(/ at <top-level>, line \d+:$/, '');
  return { code: Number(/\d+$/.exec(first)?.[0]), message };
}

const badExpression = (why: string, hint: string): GoblinError =>
  usageError('bad_jq', `--jq: ${why}`, hint);
