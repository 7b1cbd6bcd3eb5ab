/** Databases as they are found: of the first generation, and of a later variant of it. */

/** `schema.sql` of the first generation, with rows in every table. */
export const FIRST_GENERATION = `
CREATE TABLE user_preferences (
  user_id TEXT PRIMARY KEY, theme TEXT DEFAULT 'dark', language TEXT DEFAULT 'en',
  model_preference TEXT DEFAULT 'gpt-4', temperature REAL DEFAULT 0.7, max_tokens INTEGER DEFAULT 2000,
  created_at DATETIME DEFAULT CURRENT_TIMESTAMP, updated_at DATETIME DEFAULT CURRENT_TIMESTAMP);
CREATE TABLE audit_logs (
  id INTEGER PRIMARY KEY AUTOINCREMENT, user_id TEXT, action TEXT NOT NULL, details TEXT,
  ip_address TEXT, user_agent TEXT, timestamp DATETIME DEFAULT CURRENT_TIMESTAMP);
CREATE TABLE feature_flags (
  flag_name TEXT PRIMARY KEY, enabled BOOLEAN DEFAULT 0, rollout_percentage INTEGER DEFAULT 0,
  description TEXT, updated_at DATETIME DEFAULT CURRENT_TIMESTAMP);
CREATE TABLE sessions (
  session_token TEXT PRIMARY KEY, user_id TEXT NOT NULL, created_at DATETIME DEFAULT CURRENT_TIMESTAMP,
  expires_at DATETIME NOT NULL, last_activity DATETIME);
CREATE TABLE api_usage (
  id INTEGER PRIMARY KEY AUTOINCREMENT, user_id TEXT, endpoint TEXT, tokens_used INTEGER DEFAULT 0,
  cost_usd REAL DEFAULT 0, timestamp DATETIME DEFAULT CURRENT_TIMESTAMP);
CREATE INDEX idx_user_id ON audit_logs (user_id);
CREATE INDEX idx_timestamp ON audit_logs (timestamp);
CREATE INDEX idx_session_user ON sessions (user_id);
CREATE INDEX idx_session_expires ON sessions (expires_at);
CREATE INDEX idx_usage_user ON api_usage (user_id);
CREATE INDEX idx_usage_timestamp ON api_usage (timestamp);
INSERT INTO feature_flags VALUES
  ('api_enabled', 1, 100, 'All of the API', '2026-01-01 00:00:00'),
  ('rate_limiting_enabled', 1, 100, NULL, '2026-01-01 00:00:00'),
  ('new_ui_enabled', 0, 10, '10 % of users', '2026-01-02 00:00:00'),
  ('experimental_features', 0, 0, NULL, '2026-01-02 00:00:00'),
  ('beta_chat', 1, 10, 'meant for a tenth', '2026-01-03 00:00:00');
INSERT INTO user_preferences (user_id, theme) VALUES ('u_1', 'light'), ('u_2', 'dark');
INSERT INTO audit_logs (user_id, action, details, ip_address, user_agent, timestamp) VALUES
  ('u_1', 'login', '{"ok":true}', '203.0.113.9', 'curl/8', '2026-01-01 10:00:00'),
  (NULL, 'cleanup', 'no JSON', NULL, NULL, '2026-01-02 10:00:00'),
  ('u_2', 'login', NULL, '2001:db8::1', 'curl/8', '2026-01-03 10:00:00');
INSERT INTO sessions VALUES ('secret', 'u_1', '2026-01-01 10:00:00', '2026-01-02 10:00:00', NULL);
INSERT INTO api_usage (user_id, endpoint, tokens_used, cost_usd, timestamp) VALUES
  ('u_1', '/chat', 100, 0.01, '2026-01-01 10:00:00'), ('u_1', '/chat', 50, 0.005, '2026-01-01 11:00:00'),
  ('u_2', '/models', 0, 0, '2026-01-02 11:00:00');
`;

/** What a later variant has under the same names. */
export const LATER_VARIANT = `
CREATE TABLE feature_flags (key TEXT PRIMARY KEY, value TEXT);
CREATE TABLE audit_logs (
  id INTEGER PRIMARY KEY AUTOINCREMENT, event_type TEXT, user_id TEXT, metadata TEXT, created_at TEXT);
CREATE TABLE inference_logs (id INTEGER PRIMARY KEY, model TEXT);
CREATE TABLE provider_health (provider TEXT PRIMARY KEY, healthy INTEGER);
INSERT INTO feature_flags VALUES ('api_enabled', 'true'), ('new_ui_enabled', '0'), ('odd', '{"a":1}');
INSERT INTO audit_logs (event_type, user_id, metadata, created_at) VALUES
  ('login', 'u_1', '{"a":1}', '2026-01-01 10:00:00'), (NULL, NULL, NULL, NULL);
INSERT INTO inference_logs (model) VALUES ('gpt-4');
INSERT INTO provider_health VALUES ('openai', 1);
`;

/** The columns of the first generation, by table. */
export const FIRST_COLUMNS: Record<string, string> = {
  user_preferences:
    'user_id, theme, language, model_preference, temperature, max_tokens, created_at, updated_at',
  audit_logs: 'id, user_id, action, details, ip_address, user_agent, timestamp',
  feature_flags: 'flag_name, enabled, rollout_percentage, description, updated_at',
  sessions: 'session_token, user_id, created_at, expires_at, last_activity',
  api_usage: 'id, user_id, endpoint, tokens_used, cost_usd, timestamp',
};
