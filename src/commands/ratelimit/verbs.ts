import { declare as block } from './block.ts';
import { declare as list } from './list.ts';
import { declare as reset } from './reset.ts';
import { declare as show } from './show.ts';
import { declare as simulate } from './simulate.ts';

export const verbs = [list, show, reset, block, simulate];
