import { declare as apply } from './apply.ts';
import { declare as diff } from './diff.ts';
import { declare as evaluation } from './eval.ts';
import { declare as exporting } from './export.ts';
import { declare as get } from './get.ts';
import { declare as list } from './list.ts';
import { declare as plan } from './plan.ts';
import { declare as set } from './set.ts';
import { disable, enable } from './switch.ts';
import { declare as test } from './test.ts';
import { declare as unset } from './unset.ts';

export const verbs = [
  list,
  get,
  set,
  unset,
  enable,
  disable,
  evaluation,
  test,
  exporting,
  plan,
  apply,
  diff,
];
