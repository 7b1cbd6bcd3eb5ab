import type { Column } from '../../src/output/columns.ts';

export const NOW = Date.parse('2025-06-01T12:00:00Z');

export interface Row {
  timestamp: number;
  ip: string;
  count: number;
  share: number | null;
  size: number;
  idle: number;
  duration_ms: number | null;
  blocked: boolean;
  handle: string;
  extra: unknown;
  expires_at: number | null;
  unlisted: string;
}

/** One column of every kind, as a command would declare them. */
export const COLUMNS: readonly Column<Row>[] = [
  { name: 'timestamp', kind: 'time' },
  { name: 'ip', kind: 'text' },
  { name: 'count', kind: 'number' },
  { name: 'share', kind: 'percent' },
  { name: 'size', kind: 'bytes' },
  { name: 'idle', kind: 'seconds' },
  { name: 'duration_ms', kind: 'ms' },
  { name: 'blocked', kind: 'boolean' },
  { name: 'handle', kind: 'text', role: 'identifier' },
  { name: 'extra', kind: 'json' },
  { name: 'expires_at', kind: 'time', machineOnly: true },
];

export const ROW: Row = {
  timestamp: NOW - 180_000,
  ip: '2001:db8::7',
  count: 17,
  share: 25,
  size: 1234,
  idle: 7380,
  duration_ms: 12,
  blocked: true,
  handle: 's_0123456789',
  extra: { a: [1] },
  expires_at: NOW + 42_000,
  unlisted: 'never shown',
};

/** Text that takes over a terminal, a spreadsheet or a reader, were it let through. */
export const HOSTILE = [
  '\x1b[2J\x1b[31mred',
  '\x1b]8;;https://example.com\x07link\x1b]8;;\x07',
  '\x9b31m',
  'two\nlines\r\tand more',
  '\u202egnp.exe',
  '\u2066a\u2069\u200f\u061c',
  'zero\u200bwidth\ufeff\u00ad',
  'line\u2028and\u2029paragraph',
  'tag\u{e0041}',
  'lone\ud800',
  '\x7f\0',
] as const;

/** What must never reach a terminal from a row. */
export const UNSAFE = /[^\P{C}\n\p{Co}\p{Cn}]|[\p{Zl}\p{Zp}]/u;
