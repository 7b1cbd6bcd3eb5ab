/** From bytes to batches of writes, in the order of the lines and in constant memory. */
import { open } from 'node:fs/promises';
import { resolve } from 'node:path';
import type { Io } from '../../io/streams.ts';
import { unreadable } from '../../io/unreadable.ts';
import type { KvWrite } from '../../shards/kv-key.ts';
import { BULK_KEYS } from '../../shards/kv-limits.ts';
import { parseLine } from './entry-line.ts';

export interface Line {
  /** From 1. */
  line: number;
  write: KvWrite;
}

/** Characters of a batch: far below what a request may have, for memory's sake. */
const BATCH_CHARACTERS = 2_000_000;

const CHUNK_BYTES = 64 * 1024;

/**
 * The bytes of a file, or of stdin for `-`. Each chunk holds until the next one is asked for: a file is read
 * into one buffer, since V8 lets 64 MB of used ones pile up.
 * @throws {GoblinError} exit 2 where the file cannot be read.
 */
export async function* readSource(io: Io, source: string): AsyncGenerator<Uint8Array> {
  if (source === '-') return yield* io.stdin.read();
  const path = resolve(io.cwd, source);
  const file = await open(path).catch((error: unknown) => {
    throw unreadable(path, error, '`goblin kv export` writes such a file; - reads stdin.');
  });
  try {
    const buffer = Buffer.alloc(CHUNK_BYTES);
    for (;;) {
      const { bytesRead } = await file.read(buffer).catch((error: unknown) => {
        throw unreadable(path, error);
      });
      if (bytesRead === 0) return;
      yield buffer.subarray(0, bytesRead);
    }
  } finally {
    await file.close();
  }
}

/** The writes of the lines from `fromLine` on; empty lines are passed over. */
export async function* readLines(
  source: AsyncIterable<Uint8Array>,
  fromLine: number,
): AsyncGenerator<Line> {
  let line = 0;
  for await (const text of textLines(source)) {
    line++;
    if (line >= fromLine && text !== '') yield { line, write: parseLine(text, line) };
  }
}

/** Lines without their ends, LF or CRLF. */
async function* textLines(source: AsyncIterable<Uint8Array>): AsyncGenerator<string> {
  const decoder = new TextDecoder();
  let rest = '';
  for await (const chunk of source) {
    const text = decoder.decode(chunk, { stream: true });
    rest += text;
    // A value may be long: its line is looked at once it is whole.
    if (!text.includes('\n')) continue;
    const lines = rest.split('\n');
    rest = lines.pop() ?? '';
    yield* lines.map(withoutReturn);
  }
  if (rest !== '') yield withoutReturn(rest);
}

const withoutReturn = (line: string) => (line.endsWith('\r') ? line.slice(0, -1) : line);

/**
 * Batches that one request takes. A key that comes again begins a new one, so that its last line wins; and
 * a bad line ends the last batch before its error is thrown.
 */
export async function* batchesOf(lines: AsyncIterable<Line>): AsyncGenerator<Line[]> {
  let batch = new Map<string, Line>();
  let characters = 0;
  try {
    for await (const item of lines) {
      const full = batch.size === BULK_KEYS || characters > BATCH_CHARACTERS;
      if (full || batch.has(item.write.name)) {
        yield [...batch.values()];
        batch = new Map();
        characters = 0;
      }
      batch.set(item.write.name, item);
      characters += item.write.value.length;
    }
  } catch (error) {
    if (batch.size > 0) yield [...batch.values()];
    throw error;
  }
  if (batch.size > 0) yield [...batch.values()];
}
