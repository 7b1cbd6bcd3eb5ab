/** Owner, description and permanence of flags, which only a database holds. */
import type { DetailsByFlag, FlagDetails, StoredFlags } from '../../flags/store.ts';

export const NO_DETAILS: FlagDetails = { description: null, owner: null, permanent: false };

/** A line for each detail that is new: `new_ui_enabled: owner none → web`. */
export function detailLines({ rows }: StoredFlags, details: DetailsByFlag): string[] {
  return [...details].flatMap(([flag, to]) => {
    const from = rows.get(flag) ?? NO_DETAILS;
    const fields = ['owner', 'description', 'permanent'] as const;
    return fields
      .filter((field) => from[field] !== to[field])
      .map((field) => `${flag}: ${field} ${textOf(from[field])} → ${textOf(to[field])}`);
  });
}

function textOf(detail: string | boolean | null): string {
  if (typeof detail === 'boolean') return detail ? 'yes' : 'no';
  return detail === null ? 'none' : JSON.stringify(detail);
}
