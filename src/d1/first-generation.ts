/** What the migrations take for granted, and under which other names it is found. */

interface FirstColumn {
  type: string;
  /** Tells the rows apart. */
  key?: true;
  /** No row is without it. */
  needed?: true;
}

const text: FirstColumn = { type: 'TEXT' };
const time: FirstColumn = { type: 'DATETIME' };
const id: FirstColumn = { type: 'INTEGER', key: true };

/** The columns that a table of the first generation has, as `0001_first_generation.sql` makes them. */
export const FIRST_GENERATION: Readonly<Record<string, Readonly<Record<string, FirstColumn>>>> = {
  user_preferences: {
    user_id: { type: 'TEXT', key: true },
    theme: text,
    language: text,
    model_preference: text,
    temperature: { type: 'REAL' },
    max_tokens: { type: 'INTEGER' },
    created_at: time,
    updated_at: time,
  },
  audit_logs: {
    id,
    user_id: text,
    action: { type: 'TEXT', needed: true },
    details: text,
    ip_address: text,
    user_agent: text,
    timestamp: time,
  },
  feature_flags: {
    flag_name: { type: 'TEXT', key: true },
    enabled: { type: 'BOOLEAN DEFAULT 0' },
    rollout_percentage: { type: 'INTEGER DEFAULT 0' },
    description: text,
    updated_at: time,
  },
  api_usage: {
    id,
    user_id: text,
    endpoint: text,
    tokens_used: { type: 'INTEGER DEFAULT 0' },
    cost_usd: { type: 'REAL DEFAULT 0' },
    timestamp: time,
  },
};

/** The columns that `0002_structured_memory.sql` adds: a table that has one already cannot be extended. */
export const ADDED: Readonly<Record<string, readonly string[]>> = {
  user_preferences: ['extra'],
  audit_logs: ['target', 'outcome', 'source', 'actor', 'ip'],
  feature_flags: ['owner', 'permanent', 'timer', 'version', 'updated_by', 'name'],
  api_usage: ['day', 'requests', 'errors', 'duration_ms'],
};

interface Synonym {
  column: string;
  /** Where the value has to be turned into another. */
  expression?: string;
}

const ON = `CASE WHEN lower("value") IN ('true', '1', '1.0', 'on', 'yes', 'enabled') THEN 1 ELSE 0 END`;

/** Other names of the same thing, the likeliest first. */
export const SYNONYMS: Readonly<Record<string, readonly Synonym[]>> = {
  flag_name: [{ column: 'key' }, { column: 'name' }, { column: 'flag' }],
  enabled: [{ column: 'value', expression: ON }],
  action: [{ column: 'event_type' }, { column: 'event' }],
  details: [{ column: 'metadata' }, { column: 'data' }],
  user_id: [{ column: 'actor' }, { column: 'userId' }],
  ip_address: [{ column: 'ip' }],
  timestamp: [{ column: 'created_at' }],
  tokens_used: [{ column: 'tokens' }],
  cost_usd: [{ column: 'cost' }],
};
