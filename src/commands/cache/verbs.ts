import { declare as list } from './list.ts';
import { declare as purge } from './purge.ts';
import { declare as show } from './show.ts';
import { declare as stats } from './stats.ts';

export const verbs = [list, show, purge, stats];
