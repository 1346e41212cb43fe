// Writes package/src/abi.ts from the C++ headers, so that no number of the boundary is typed twice.
//
//   node wasm/abi.mjs            prints abi.ts
//   node wasm/abi.mjs --write    writes it
import { readFileSync, writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';

const core = new URL('../core/', import.meta.url);
const header = (file) => readFileSync(new URL(file, core), 'utf8').replace(/\/\/[^\n]*/g, '');

/** The names of an `enum class`, in order; one with gaps has no place on the boundary. */
function names(text, type) {
  const body = new RegExp(`enum class ${type}\\b[^{]*\\{([^}]*)\\}`).exec(text)?.[1];
  if (!body) throw new Error(`no enum ${type}`);
  return body
    .split(',')
    .map((entry) => entry.replace(/=.*/s, '').trim())
    .filter(Boolean);
}

/** `static constexpr std::uint32_t data = 0;` of a struct, as [name, number] pairs. */
function members(text, struct) {
  const body = new RegExp(`struct ${struct} \\{([^}]*)\\}`).exec(text)?.[1];
  if (!body) throw new Error(`no struct ${struct}`);
  return [...body.matchAll(/constexpr [\w:]+ (\w+) = (\d+);/g)].map(([, name, value]) => [
    name,
    value,
  ]);
}

const camel = (name) => name.replace(/_(\w)/g, (_, letter) => letter.toUpperCase());
const constant = (name, value) => `export const ${camel(name)} = ${value};`;
/** On one line where it fits, as the formatter would have it. */
function list(name, values) {
  const quoted = values.map((value) => `'${value}'`);
  const line = `export const ${name} = [${quoted.join(', ')}] as const;`;
  if (line.length <= 100) return line;
  return `export const ${name} = [\n${quoted.map((value) => `  ${value},\n`).join('')}] as const;`;
}

/** A number, also written as `65'536`, `24U * 1024` or `48 * kibibyte`. */
function number(text, name) {
  const value = new RegExp(`constexpr [\\w:]+ ${name} = ([^;]+);`).exec(text)?.[1];
  if (!value) throw new Error(`no constant ${name}`);
  const factors = value
    .replace(/[\w:]+\{(\d+)\}/g, '$1')
    .replaceAll("'", '')
    .split('*');
  const valueOf = (factor) => (/^\d/.test(factor) ? parseInt(factor, 10) : number(text, factor));
  return factors.reduce((product, factor) => product * valueOf(factor.trim()), 1);
}

/** Bytes an element, from the column's comment: `u32 string`, `f64 pool`, `i32`. */
function columns(text) {
  const body = /enum class Column\b[^{]*\{([^]*?)count_?\s*\}/.exec(text)?.[1];
  const rows = [];
  for (const [, name] of body.replace(/\/\/[^\n]*/g, '').matchAll(/(\w+)/g)) rows.push(name);
  return rows;
}

export function abiSource() {
  const abi = header('runtime/include/heed/runtime/abi.h');
  const image = header('runtime/include/heed/runtime/image.h');
  const trust = header('trust/include/heed/trust/envelope.h');
  const limits = header('base/include/heed/base/limits.h');
  const codes = names(header('base/include/heed/base/result.h'), 'ErrorCode');
  const struct = (prefix, name) =>
    members(abi, name).map(([member, value]) => constant(`${prefix}_${member}`, value));
  const headerAt = members(image, 'HeaderAt').map(([member, value]) =>
    constant(`image_${member}_at`, value),
  );
  return [
    '// Generated from the C++ headers by wasm/abi.mjs; a test fails where they differ.',
    constant('abi_number', number(abi, 'number')),
    constant('image_abi', number(image, 'abi')),
    ...headerAt,
    constant('image_size_bytes_max', number(limits, 'image_size_bytes_max')),
    constant('name_size_bytes_max', number(limits, 'name_size_bytes_max')),
    constant('signature_count_max', number(limits, 'signature_count_max')),
    constant('browser_batch_size_bytes_max', number(limits, 'browser_batch_size_bytes_max')),
    constant('cookie_snapshot_size_bytes_max', number(limits, 'cookie_snapshot_size_bytes_max')),
    constant('session_count_max', number(abi, 'session_count_max')),
    `export const payloadType = '${/payload_type = "([^"]+)"/.exec(trust)[1]}';`,
    ...struct('head', 'HeadAt'),
    ...struct('decision', 'DecisionAt'),
    ...struct('winner', 'WinnerAt'),
    ...struct('entry', 'EntryAt'),
    ...struct('opened', 'OpenedAt'),
    ...names(abi, 'Kind').map((kind, index) => constant(`kind_${kind}`, index)),
    constant('column_count', columns(image).length),
    ...columns(image).map((column, index) => constant(`column_${column}`, index)),
    list(
      'errorCodes',
      codes.map((code) => (code === 'unsigned_ruleset' ? 'unsigned' : code)),
    ),
    list('reasons', names(header('runtime/include/heed/runtime/decision.h'), 'Reason')),
    list('levels', names(image, 'Level')),
    list(
      'types',
      names(image, 'Type').map((type) => (type === 'boolean' ? 'bool' : type)),
    ),
    list('sources', names(image, 'Source')),
    list('channels', names(image, 'Channel')),
    list('refreshes', names(image, 'Refresh')),
    list('partKinds', names(image, 'PartKind')),
    list('inputKinds', names(image, 'InputKind')),
    list('outlooks', names(header('runtime/include/heed/runtime/explain.h'), 'Outlook')),
    list('observed', names(header('runtime/include/heed/runtime/session.h'), 'Observed')),
    list('exposed', names(header('runtime/include/heed/runtime/session.h'), 'Exposed')),
    list('capLimits', names(header('base/include/heed/base/outcome.h'), 'CapLimit')),
    '// From 1: a class of 0 is no class.',
    list('recordClasses', names(header('base/include/heed/base/outcome.h'), 'Class')),
    '',
  ].join('\n');
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  const target = new URL('package/src/abi.ts', import.meta.url);
  if (process.argv[2] === '--write') writeFileSync(target, abiSource());
  else process.stdout.write(abiSource());
}
