import { declare as clear } from './clear.ts';
import { declare as list } from './list.ts';
import { declare as show } from './show.ts';

export const verbs = [list, show, clear];
