import { type GoblinError, usageError } from '../contract/errors.ts';
import { suggest } from '../text/nearest.ts';
import type { KvBinding } from './bindings.ts';
import { checkedId } from './cloudflare-id.ts';
import type { WranglerFile } from './wrangler-file.ts';

/**
 * The KV namespace a command works on. `provisioned`: the file leaves the id to Cloudflare, so it stands
 * only in the settings of the deployed Worker
 * (`GET /accounts/{account}/workers/scripts/{worker}/settings`, the binding's `namespace_id`).
 */
export type Namespace =
  | { kind: 'known'; id: string; binding: string | undefined; origin: string }
  | { kind: 'provisioned'; binding: string; worker: string; origin: string };

export interface NamespaceFlags {
  namespaceId?: string | undefined;
  binding?: string | undefined;
}

/** The names that mean goblin's namespace where a Worker has several, first choice first. */
const PREFERRED = ['GOBLIN_KV', 'KV'];

function noNamespace(message: string): GoblinError {
  return usageError(
    'no_namespace',
    message,
    "`goblin init` writes one; or run goblin in the Worker's folder, or pass --config or --namespace-id.",
  );
}

function bindingOf(file: WranglerFile, name: string | undefined): KvBinding {
  const { value: all, origin } = file.kvNamespaces;
  if (all.length === 0) throw noNamespace(`${origin}: there is no KV namespace.`);
  const names = all.map(({ binding }) => binding);
  if (name !== undefined) {
    const named = all.find(({ binding }) => binding === name);
    if (named !== undefined) return named;
    throw usageError('unknown_binding', `${origin}: no binding ${name}`, suggest(name, names));
  }
  const only = all.length === 1 ? all[0] : undefined;
  const usual = PREFERRED.map((wanted) => all.find(({ binding }) => binding === wanted));
  const found = only ?? usual.find((binding) => binding !== undefined);
  if (found !== undefined) return found;
  throw usageError(
    'which_namespace',
    `${origin}: there are ${all.length} KV namespaces`,
    `Pass --binding with one of: ${names.join(', ')}.`,
  );
}

/** Where `wrangler dev` keeps the namespace's data (read from wrangler 4.86.0's own source). */
export function localId({ binding, id, previewId }: KvBinding): string {
  return previewId ?? id ?? binding;
}

function fromFile(target: 'local' | 'remote', file: WranglerFile, name?: string): Namespace {
  const found = bindingOf(file, name);
  const { binding } = found;
  const { origin } = file.kvNamespaces;
  if (target === 'local') return { kind: 'known', id: localId(found), binding, origin };
  if (found.id !== undefined) {
    const id = checkedId({ value: found.id, origin }, 'a KV namespace');
    return { kind: 'known', id, binding, origin };
  }
  if (file.name !== undefined) {
    return { kind: 'provisioned', binding, worker: file.name.value, origin };
  }
  throw noNamespace(`${origin}: ${binding} has no id, and without a name the Worker is unknown.`);
}

/**
 * `--namespace-id`, else a binding of the wrangler file: the one `--binding` names, the only one, or the
 * one of the usual names. Throws `conflicting_options`, `no_namespace`, `unknown_binding`,
 * `which_namespace`, `bad_id`.
 */
export function resolveNamespace(
  target: 'local' | 'remote',
  { namespaceId, binding }: NamespaceFlags,
  file: WranglerFile | undefined,
): Namespace {
  if (namespaceId !== undefined && binding !== undefined) {
    throw usageError(
      'conflicting_options',
      '--namespace-id and --binding both name the KV namespace',
      'Pass one of them.',
    );
  }
  if (namespaceId !== undefined) {
    const origin = '--namespace-id';
    const id = checkedId({ value: namespaceId, origin }, 'a KV namespace');
    return { kind: 'known', id, binding: undefined, origin };
  }
  if (file !== undefined) return fromFile(target, file, binding);
  throw noNamespace('No wrangler file was found, so the KV namespace is unknown.');
}

/**
 * A wrangler file's namespaces by the ids they have locally, titled by their bindings. Those of every
 * environment: one engine serves a state, and a command may need two environments.
 */
export function localNamespaces(file: WranglerFile | undefined): { id: string; title: string }[] {
  const bindings = [...(file?.kvNamespaces.value ?? []), ...(file?.allKvNamespaces ?? [])];
  const titles = new Map(bindings.reverse().map((each) => [localId(each), each.binding]));
  return [...titles].map(([id, title]) => ({ id, title }));
}
