/**
 * A rolldown plugin that loads Node's own modules when something of them is first used, not when a chunk
 * that may use them is loaded: `let tls = require("node:tls")` becomes `let tls = () => require("node:tls")`,
 * and every `tls.x` becomes `tls().x`. That is equivalent where a module is only read by its members, which
 * is what named and default imports compile to; the copy of the module that rolldown makes for a default
 * import goes, since `tls.default` is the module itself. A library's namespace import leaves the plain
 * `require`; in the project's own code, and in the chunks that every command loads, it fails the build, which
 * names the place. An `import()` in the output always does: it would load Node's ES module loader at run time.
 */
import { RolldownMagicString } from 'rolldown';
import { parseSync } from 'rolldown/utils';

/** Node has loaded these before any script runs. */
const LOADED = new Set(
  ['buffer', 'events', 'fs', 'module', 'path', 'process', 'timers', 'url', 'util'].map(
    (name) => `node:${name}`,
  ),
);

/**
 * @param root the folder that paths in messages are relative to, with a slash at its end
 * @param ours whether a module, by its path, is the project's own
 * @param everywhere names of the chunks that every command loads
 * @param optional packages that a library may `import()` where they are installed
 */
export function lateBuiltins({ root, ours, everywhere = [], optional = [] }) {
  /** Namespace imports of Node's modules, by the path of the module that has them. */
  const wholes = new Map();
  return {
    name: 'late-builtins',
    transform(code, id) {
      if (!/\.[cm]?[jt]s$/.test(id)) return;
      const path = id.replace(root, '');
      const found = wholeImports(parse(id, code, 'unambiguous'));
      if (ours(path)) for (const builtin of found) failWhole(path, builtin);
      wholes.set(path, found);
    },
    renderChunk(code, { name, fileName, modules }) {
      const program = parse(fileName, code, 'script');
      const strict = everywhere.includes(name);
      for (const node of importsOf(program, optional)) {
        const what = `import(${node.source.raw ?? '…'})`;
        fail(`${placeOf(code, node)}: ${what} is left in the output; import it statically`);
      }
      for (const id of strict ? Object.keys(modules) : []) {
        const path = id.replace(root, '');
        for (const builtin of wholes.get(path) ?? []) failWhole(path, builtin);
      }
      const edits = new RolldownMagicString(code, { filename: fileName });
      for (const binding of bindingsOf(program)) {
        const { reads, others } = usesOf(binding);
        const place = others[0] && placeOf(code, others[0]);
        if (place && isLate(binding.builtin) && (strict || ours(place)))
          failWhole(place, binding.builtin);
        if (!place) simplify(edits, binding, reads);
      }
      if (!edits.hasChanged()) return null;
      return { code: edits.toString(), map: edits.generateMap({ hires: true }) };
    },
  };
}

/** Drops the copy for a default import; a module that is not loaded yet becomes a function that loads it. */
function simplify(edits, { declarator, builtin, copy }, reads) {
  const { name } = declarator.id;
  const late = isLate(builtin);
  // In parentheses, or `new net.Socket()` would become `new net()` and a call of its result.
  const itself = late ? `(${name}())` : name;
  if (copy) edits.remove(copy.start, copy.end);
  if (late) edits.appendLeft(declarator.init.start, '() => ');
  for (const { node, parent } of reads) {
    const { start, end } = copy && parent.property.name === 'default' ? parent : node;
    edits.overwrite(start, end, itself);
  }
}

function fail(message) {
  throw new Error(message);
}

function failWhole(place, builtin) {
  fail(`${place}: ${builtin} is used as a whole; import what is needed of it by name`);
}

function parse(file, code, sourceType) {
  const { program, errors } = parseSync(file, code, { sourceType });
  if (errors.length > 0) fail(`${file}: ${errors[0].message}`);
  return program;
}

const isLate = (id) => /^node:/.test(id) && !LOADED.has(id);

/** Which modules of Node a source imports or exports as a namespace. */
function wholeImports({ body }) {
  const late = body.filter(({ source }) => source && isLate(source.value));
  const isWhole = ({ type }) => type === 'ImportNamespaceSpecifier';
  return late
    .filter(({ type, specifiers }) => type === 'ExportAllDeclaration' || specifiers.some(isWhole))
    .filter(({ importKind }) => importKind !== 'type')
    .map(({ source }) => source.value);
}

function importsOf(program, optional) {
  const found = [];
  walk(program, (node) => {
    const isImport = node.type === 'ImportExpression';
    if (isImport && !optional.includes(node.source.value)) found.push(node);
  });
  return found;
}

/**
 * The variables that hold a module of Node, each with the part of the program where it is known, and with the
 * statement that replaces it by a copy that has a `default`.
 */
function bindingsOf(program) {
  const found = [];
  const visit = (node, scope) => {
    const inner = FUNCTIONS.has(node.type) ? node : scope;
    const builtin = node.type === 'VariableDeclarator' && builtinOf(node.init);
    if (builtin && node.id.type === 'Identifier') {
      const copy = copyOf(node.id.name, inner);
      found.push({ declarator: node, builtin, scope: inner, copy });
    }
    for (const child of childrenOf(node)) visit(child, inner);
  };
  visit(program, program);
  return found;
}

const FUNCTIONS = new Set(['FunctionDeclaration', 'FunctionExpression', 'ArrowFunctionExpression']);

/** The name of the module where a node is `require("node:…")`. */
function builtinOf(node) {
  if (node?.type !== 'CallExpression' || node.callee.name !== 'require') return undefined;
  const id = String(node.arguments[0]?.value);
  return id.startsWith('node:') ? id : undefined;
}

/**
 * The statement `name = __toESM(name);` or `name = __toESM(name, 1);` at the top of a chunk, by which rolldown
 * gives a module of Node a `default`; the helper may have any name. No other code assigns to an import.
 */
function copyOf(name, { type, body }) {
  const isCopy = ({ left, right }) =>
    left?.name === name && right.type === 'CallExpression' && right.arguments[0]?.name === name;
  return type === 'Program' ? body.find(({ expression }) => isCopy(expression ?? {})) : undefined;
}

/** Where a variable is read by a member, and where it is used in any other way or declared anew. */
function usesOf({ declarator, scope, copy }) {
  const reads = [];
  const others = [];
  walk(scope, (node, parent) => {
    const isSame = node.type === 'Identifier' && node.name === declarator.id.name;
    if (!isSame || node === declarator.id || isName(node, parent)) return;
    if (copy && node.start >= copy.start && node.end <= copy.end) return;
    if (parent.type === 'MemberExpression') reads.push({ node, parent });
    else others.push(node);
  });
  return { reads, others };
}

/** Whether an identifier is the `x` of `a.x`, `{ x: 1 }` or a method's name, which is no reference. */
function isName(node, parent) {
  if (parent.computed) return false;
  if (parent.type === 'MemberExpression') return parent.property === node;
  return parent.key === node && parent.value !== node && !parent.shorthand;
}

function walk(node, see, parent = node) {
  see(node, parent);
  for (const child of childrenOf(node)) walk(child, see, node);
}

function childrenOf(node) {
  return Object.values(node)
    .flat()
    .filter((value) => typeof value?.type === 'string');
}

/** The module that a node comes from, by the comments that rolldown writes before each. */
function placeOf(code, { start }) {
  const comments = code.slice(0, start).matchAll(/^\/\/(?:#region)? ?(\S+\.\w+)$/gm);
  return [...comments].at(-1)?.[1] ?? 'the head of a chunk';
}
