import { declare as remove } from './delete.ts';
import { declare as get } from './get.ts';
import { declare as list } from './list.ts';
import { declare as put } from './put.ts';

export const verbs = [list, get, put, remove];
