-- Generated from migrations/ by `npm run schema`: do not edit.
--
--   wrangler d1 execute goblin-assistant-db --file=./schema.sql
--
-- Sets up a new database, or upgrades one of the first generation, in one transaction, and records the migrations
-- as applied, so that `wrangler d1 migrations apply` and `goblin d1 migrate` go on from here. A second run fails
-- at the record and changes nothing.

CREATE TABLE IF NOT EXISTS "d1_migrations"(
  id INTEGER PRIMARY KEY AUTOINCREMENT,
  name TEXT UNIQUE,
  applied_at TIMESTAMP DEFAULT CURRENT_TIMESTAMP NOT NULL
);

INSERT INTO "d1_migrations" (name) VALUES ('0001_first_generation.sql');

-- Migration number: 0001 	 2026-11-24T12:00:00.000Z
-- The tables as the first generation of Goblin Assistant has them, so that all later migrations find the same
-- tables in a new database and in one that is years old. In the latter this changes nothing.

CREATE TABLE IF NOT EXISTS user_preferences (
  user_id TEXT PRIMARY KEY NOT NULL,
  theme TEXT,
  language TEXT,
  model_preference TEXT,
  temperature REAL,
  max_tokens INTEGER,
  created_at DATETIME DEFAULT CURRENT_TIMESTAMP,
  updated_at DATETIME DEFAULT CURRENT_TIMESTAMP
) WITHOUT ROWID;

CREATE TABLE IF NOT EXISTS audit_logs (
  id INTEGER PRIMARY KEY,
  user_id TEXT,
  action TEXT NOT NULL,
  details TEXT,
  ip_address TEXT,
  user_agent TEXT,
  timestamp DATETIME DEFAULT CURRENT_TIMESTAMP
);

CREATE TABLE IF NOT EXISTS feature_flags (
  flag_name TEXT PRIMARY KEY NOT NULL,
  enabled BOOLEAN DEFAULT 0,
  rollout_percentage INTEGER DEFAULT 0,
  description TEXT,
  updated_at DATETIME DEFAULT CURRENT_TIMESTAMP
) WITHOUT ROWID;

CREATE TABLE IF NOT EXISTS api_usage (
  id INTEGER PRIMARY KEY,
  user_id TEXT,
  endpoint TEXT,
  tokens_used INTEGER DEFAULT 0,
  cost_usd REAL DEFAULT 0,
  timestamp DATETIME DEFAULT CURRENT_TIMESTAMP
);

INSERT INTO "d1_migrations" (name) VALUES ('0002_structured_memory.sql');

-- Migration number: 0002 	 2026-11-24T12:00:01.000Z
-- Adds what the structured memory needs. It only adds: every row and column of the first generation stays, and
-- a Worker of the first generation still reads and writes what it knows.

-- Preferences beyond the known columns, as a JSON object.
ALTER TABLE user_preferences ADD COLUMN extra TEXT;

-- New ids are microseconds since 1970, so entries lie in order of time, behind those of the first generation.
ALTER TABLE audit_logs ADD COLUMN target TEXT;
ALTER TABLE audit_logs ADD COLUMN outcome TEXT;
ALTER TABLE audit_logs ADD COLUMN source TEXT;
ALTER TABLE audit_logs ADD COLUMN actor TEXT GENERATED ALWAYS AS (user_id) VIRTUAL;
ALTER TABLE audit_logs ADD COLUMN ip TEXT GENERATED ALWAYS AS (ip_address) VIRTUAL;

-- An index ends with the row's id, so each of these gives its entries in order of time. Those that the first
-- generation has keep their names, so that they are not made twice.
CREATE INDEX IF NOT EXISTS idx_user_id ON audit_logs (user_id);
CREATE INDEX IF NOT EXISTS idx_timestamp ON audit_logs (timestamp);
CREATE INDEX audit_logs_action ON audit_logs (action);
CREATE INDEX audit_logs_actor_action ON audit_logs (user_id, action);
CREATE INDEX audit_logs_target ON audit_logs (target) WHERE target IS NOT NULL;

-- `version` is 0 until goblin changes the flag. Until then the percentage has no meaning, as it had none in the
-- first generation: what is enabled is on for everybody.
ALTER TABLE feature_flags ADD COLUMN owner TEXT;
ALTER TABLE feature_flags ADD COLUMN permanent BOOLEAN NOT NULL DEFAULT 0;
ALTER TABLE feature_flags ADD COLUMN timer TEXT;
ALTER TABLE feature_flags ADD COLUMN version INTEGER NOT NULL DEFAULT 0;
ALTER TABLE feature_flags ADD COLUMN updated_by TEXT;
ALTER TABLE feature_flags ADD COLUMN name TEXT GENERATED ALWAYS AS (flag_name) VIRTUAL;

-- Rows are only ever added. `from_value` and `to_value` are JSON; SQL null where there was or is no flag.
CREATE TABLE feature_flag_changes (
  flag_name TEXT NOT NULL,
  version INTEGER NOT NULL,
  from_value TEXT,
  to_value TEXT,
  changed_by TEXT,
  reason TEXT,
  changed_at DATETIME NOT NULL DEFAULT CURRENT_TIMESTAMP,
  PRIMARY KEY (flag_name, version)
) WITHOUT ROWID;
CREATE INDEX feature_flag_changes_time ON feature_flag_changes (changed_at);

-- One row for a user, an endpoint and a UTC day. Rows without a day are single calls, as the first generation
-- counted them: a unique index takes any number of nulls.
ALTER TABLE api_usage ADD COLUMN day TEXT;
ALTER TABLE api_usage ADD COLUMN requests INTEGER NOT NULL DEFAULT 1;
ALTER TABLE api_usage ADD COLUMN errors INTEGER NOT NULL DEFAULT 0;
ALTER TABLE api_usage ADD COLUMN duration_ms REAL NOT NULL DEFAULT 0;
CREATE UNIQUE INDEX api_usage_day ON api_usage (day, user_id, endpoint);
CREATE INDEX api_usage_endpoint ON api_usage (day, endpoint);
CREATE INDEX api_usage_user ON api_usage (user_id, day);
CREATE INDEX api_usage_calls ON api_usage (timestamp) WHERE day IS NULL;
