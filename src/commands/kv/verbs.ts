import { declare as copy } from './copy.ts';
import { declare as remove } from './delete.ts';
import { declare as edit } from './edit.ts';
import { declare as exportKeys } from './export.ts';
import { declare as get } from './get.ts';
import { declare as importKeys } from './import.ts';
import { declare as list } from './list.ts';
import { declare as purge } from './purge.ts';
import { declare as put } from './put.ts';

export const verbs = [list, get, put, edit, remove, purge, copy, exportKeys, importKeys];
