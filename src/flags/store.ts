/**
 * Where feature flags are stored, as the commands see it: flags are read as a whole, a state that was read is
 * changed, and the store finds out what several operators do at once. Each form of storage implements it.
 */
import type { Counts } from '../api/usage.ts';
import type { AuditInBatch } from '../tables/audit.ts';
import type { FlagRow } from '../tables/flags.ts';
import type { Setting, Settings } from './settings.ts';

/** Milliseconds that a run may take to read and write, and that every run waits for the others. */
export const SETTLE_MS = 2000;

export interface FlagStore {
  /** Reads all flags. Where nothing is stored, nothing is set. */
  read(): Promise<StoredFlags>;
  /**
   * Sees to it that the edge reads what is stored, where it reads a copy. @returns whether that had to be mended
   */
  settle(stored: StoredFlags): Promise<boolean>;
}

/** What belongs to a flag beside its setting, where flags are in a database. */
export type FlagDetails = Pick<FlagRow, 'description' | 'owner' | 'permanent'>;

/** The stored flags at one time. */
export interface StoredFlags {
  /** By flag: its value and its timer, as far as they can be read. */
  settings: Settings;
  source: 'kv' | 'd1';
  /** The rows of the database by flag; none where the flags are in KV alone. */
  rows: ReadonlyMap<string, FlagRow>;
  /** What reading them again uses. */
  readCost: Counts;
  /** Why the flags cannot be read; nothing is set then, and the edge takes the defaults. */
  problem: string | null;
  /** Unix seconds, if the flags expire. */
  expiration: number | null;
  /** What is stored beside the flags and has no effect, in words; the next write drops it. */
  ignored: string | null;
  /** 12 hex digits that differ between any two states with other settings. */
  fingerprint: string;
  /**
   * A change of this state into `after`, ready to be stored. It sends nothing. Flags that are not in `after` are
   * unset.
   * @param named the flags that the operator named, changed or not: another edit of them conflicts
   * @throws {GoblinError} `too_many_flags` and `too_many_timers`, exit 2, if it does not fit
   */
  change(after: Settings, named: readonly string[], details?: DetailsByFlag): FlagChange;
}

/** New details by flag; those of other flags stay. KV has no place for them. */
export type DetailsByFlag = ReadonlyMap<string, FlagDetails>;

export interface StoreOptions {
  /** False: do not wait and look for other edits. */
  verify: boolean;
  /** Who changes the flags and why; kept where there is a history. */
  actor?: string;
  reason?: string | undefined;
  /** The audit row, where the store can write it together with the change. */
  audit?: AuditInBatch | undefined;
}

export interface FlagChange {
  /** What storing it uses if nobody else edits at the same time. */
  cost(options: StoreOptions): Counts;
  /**
   * Stores it, merged with what others changed since the state was read.
   * @throws {GoblinError} what the API says; `not_read_back` (exit 5) and `interrupted` after a write
   */
  store(options: StoreOptions): Promise<EditOutcome>;
}

/** What became of a change. */
export interface EditOutcome {
  /** The flags that the change was about. */
  flags: readonly string[];
  /** More than one if edits made at the same time had replaced it. */
  writes: number;
  /** Changes that are not stored, because somebody else changed the same flags. */
  lost: LostChange[];
  /** Flags that somebody else changed at the same time; both changes hold. */
  alsoChanged: string[];
  /**
   * `stale`: the store still shows what was there before. `unsettled`: the change is there, but other edits come
   * so fast that one of them may still replace it.
   */
  doubt: 'stale' | 'unsettled' | null;
  /** Whether it took so long that an edit made meanwhile may have been replaced. */
  late: { tookMs: number } | null;
}

export interface LostChange {
  flag: string;
  wanted: Setting | undefined;
  /** What is there instead. */
  found: Setting | undefined;
  /** Who made it so, where that is known. */
  by?: string | null;
}
