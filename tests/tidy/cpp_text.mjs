// A C++ file as the checks see it: code with comments and literals blanked, and where functions
// begin and end.

const literalStart = /\/\/|\/\*|R"([^\s()\\]*)\(|"|'/g;

/** @returns the index just past the comment or literal that `match` opens in `text` */
function literalEnd(text, match) {
  const [token, delimiter] = match;
  const start = match.index + token.length;
  const after = (needle) => {
    const at = text.indexOf(needle, start);
    return at < 0 ? text.length : at + needle.length;
  };
  if (token === '//') return Math.max(start, after('\n') - 1);
  if (token === '/*') return after('*/');
  if (token.startsWith('R')) return after(`)${delimiter}"`);
  let end = start;
  while (end < text.length && text[end] !== token && text[end] !== '\n')
    end += text[end] === '\\' ? 2 : 1;
  return end + 1;
}

/**
 * Blanks comments, strings and characters, keeping every line break, so that positions stay true.
 *
 * @param text   a C++ source
 * @param keep   'includes' leaves the quotes of #include lines in place
 */
export function blank(text, keep = '') {
  let code = '';
  let from = 0;
  literalStart.lastIndex = 0;
  for (let match = literalStart.exec(text); match; match = literalStart.exec(text)) {
    const lineStart = text.lastIndexOf('\n', match.index) + 1;
    const separator = match[0] === "'" && /[0-9a-fA-F]/.test(text[match.index - 1] ?? '');
    const include =
      keep === 'includes' && /^\s*#\s*include\s*$/.test(text.slice(lineStart, match.index));
    if (separator || (include && match[0] === '"')) {
      if (include) literalStart.lastIndex = literalEnd(text, match);
      continue;
    }
    const end = literalEnd(text, match);
    code += text.slice(from, match.index) + text.slice(match.index, end).replace(/[^\n]/g, ' ');
    from = end;
    literalStart.lastIndex = end;
  }
  return code + text.slice(from);
}

export const lineOf = (text, index) => text.slice(0, index).split('\n').length;

/** Whether the text before a brace opens a function's body, not a type, a namespace or a list. */
function opensFunction(head) {
  if (/\b(namespace|extern)\b/.test(head) || /=\s*$/.test(head)) return false;
  const type = /^\s*(template\s*<.*>\s*)?(class|struct|union|enum)\b/s;
  return /\)[^)=]*$/.test(head) && !type.test(head);
}

/** @returns {line, lines} of every outermost function body of a blanked source */
export function functions(code) {
  const found = [];
  const open = [];
  let headFrom = 0;
  let depth = 0; // of function bodies
  for (let i = 0; i < code.length; ++i) {
    if (code[i] === '{') {
      const head = code.slice(headFrom, i).replace(/^\s*#.*$/gm, '');
      // As clang-format lays it out, initial values touch what they initialise: `a_{1}`.
      const list = /[\w>\])]/.test(code[i - 1] ?? '');
      const body = !list && (depth > 0 || opensFunction(head));
      const begin = headFrom + code.slice(headFrom).search(/\S/);
      open.push({ body, begin, resume: list ? headFrom : null });
      depth += body ? 1 : 0;
    } else if (code[i] === '}') {
      const block = open.pop();
      if (block?.body && --depth === 0) {
        const line = lineOf(code, block.begin);
        found.push({ line, lines: lineOf(code, i) - line + 1 });
      }
      if (block?.resume != null) {
        headFrom = block.resume;
        continue;
      }
    }
    if (code[i] === '{' || code[i] === '}' || code[i] === ';') headFrom = i + 1;
  }
  return found;
}
