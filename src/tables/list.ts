/** The tables that goblin keeps in D1. */
import { auditLogs } from './audit.ts';
import { flagChanges } from './flag-changes.ts';
import { featureFlags } from './flags.ts';
import { userPreferences } from './preferences.ts';
import type { Table } from './statement.ts';
import { apiUsage } from './usage.ts';

export const tables: readonly Table[] = [
  userPreferences,
  auditLogs,
  featureFlags,
  flagChanges,
  apiUsage,
];
