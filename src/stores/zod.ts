/**
 * The part of zod that shards' schemas are made of, and the only place that loads it. The namespace `z` as
 * a whole would bring every locale along: 450 kB to parse for ten functions.
 */
import { array, coerce, NEVER, number, object, preprocess, record, string, unknown } from 'zod';

export const z = { array, coerce, NEVER, number, object, preprocess, record, string, unknown };
