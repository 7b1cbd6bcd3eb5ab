import { declare as create } from './create.ts';
import { declare as list } from './list.ts';
import { declare as revoke } from './revoke.ts';
import { declare as show } from './show.ts';

export const verbs = [list, show, create, revoke];
