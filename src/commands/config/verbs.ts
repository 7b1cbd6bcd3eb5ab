import { declare as show } from './show.ts';

export const verbs = [show];
