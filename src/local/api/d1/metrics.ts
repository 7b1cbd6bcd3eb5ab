/** `POST /graphql`, as far as `wrangler d1 info` asks it: how much the database was used. */
import type { Context } from 'hono';

/** The engine keeps no metrics: there is nothing to count for D1, and no answer to anything else. */
export async function graphql(c: Context): Promise<Response> {
  const text = await c.req.text();
  if (text.includes('d1AnalyticsAdaptiveGroups')) {
    const accounts = [{ d1AnalyticsAdaptiveGroups: [] }];
    return c.json({ data: { viewer: { accounts } }, errors: null });
  }
  return c.json({ data: null, errors: [{ message: 'the local engine keeps no such metrics' }] });
}
