// The checks that no other tool makes. Each takes a tree, {path: text}, and gives its complaints as
// "file:line: what; what to do", so that a check can be shown a bad tree and must complain.
import ts from 'typescript';

import { blank, functions, lineOf } from './cpp_text.mjs';
import { doors, mayImport, mayInclude } from './layers.mjs';

const columnMax = 100;
const functionLinesMax = 60;
const readmeLinesMax = 10;

const relativeImport = /^\s*(?:import|export)\s+(?:[\w$*{},\s]+?\s+from\s+)?['"](\.[^'"]+)['"]/gm;

const isCpp = (file) => /\.(h|cpp)$/.test(file);
const isScript = (file) => /\.(mjs|ts)$/.test(file) && !file.endsWith('.d.ts');
const folderOf = (file) => file.slice(0, file.lastIndexOf('/') + 1);
const nameOf = (file) => file.slice(file.lastIndexOf('/') + 1);
const unitOf = (file) => /^core\/[^/]+/.exec(file)?.[0] ?? file.split('/')[0];
const inside = (file, folder) => file.startsWith(`${folder}/`);

/** Runs `visit(file, text)` over the files that `select` picks and gathers what it yields. */
function* over(tree, select, visit) {
  for (const [file, text] of Object.entries(tree)) {
    if (select(file)) for (const complaint of visit(file, text)) yield `${file}:${complaint}`;
  }
}

function* includesOf(text) {
  for (const match of blank(text, 'includes').matchAll(/^\s*#\s*include\s*(["<])([^">]+)[">]/gm)) {
    yield {
      line: lineOf(text, match.index + match[0].length),
      quoted: match[1] === '"',
      header: match[2],
    };
  }
}

export function includesFollowTheArrows(tree) {
  return over(tree, isCpp, function* (file, text) {
    const unit = unitOf(file);
    const allowed = mayInclude[unit];
    for (const { line, quoted, header } of includesOf(text)) {
      const library = /^heed\/([^/]+)\//.exec(header)?.[1];
      if (library && library !== unit.split('/').at(-1) && !allowed?.includes(library)) {
        yield `${line}: ${unit} may not include ${header}; ARCHITECTURE.md draws the arrows`;
      }
      if (quoted && /^(tests|bench)\//.test(header) && !/^(tests|bench)$/.test(unit)) {
        yield `${line}: nothing outside tests and bench includes ${header}`;
      }
      const door = doors.find((candidate) => candidate.header.test(header));
      if (
        door &&
        unit !== 'tests' &&
        unit !== 'bench' &&
        !door.folders.some((folder) => inside(file, folder))
      ) {
        yield `${line}: ${header} is used only in ${door.folders.join(', ') || 'tests and bench'}`;
      }
    }
  });
}

export function importsFollowTheArrows(tree) {
  return over(tree, isScript, function* (file, text) {
    const allowed = mayImport[unitOf(file)];
    for (const match of text.matchAll(relativeImport)) {
      const target = new URL(match[1], `file:///${file}`).pathname.slice(1);
      if (allowed && !allowed.some((folder) => inside(target, folder))) {
        const line = lineOf(text, match.index + match[0].length);
        yield `${line}: ${match[1]} leaves ${unitOf(file)}; import the package by its name`;
      }
    }
  });
}

export function coreUsesNoBannedWord(tree) {
  const banned = /\b(new|throw|rand|iostream)\b/g;
  return over(
    tree,
    (file) => isCpp(file) && inside(file, 'core'),
    function* (file, text) {
      const code = blank(text);
      for (const match of code.matchAll(banned)) {
        yield `${lineOf(code, match.index)}: core does without '${match[1]}'`;
      }
    },
  );
}

/** Samples of other languages in raw strings keep their own layout. */
const withoutRawStrings = (text) =>
  text.replace(/R"([^\s()\\]*)\([\s\S]*?\)\1"/g, (raw) => raw.replace(/[^\n]/g, ''));

export function linesFit(tree) {
  const select = (file) =>
    isCpp(file) || isScript(file) || /CMakeLists\.txt$|\.cmake$|^dev$/.test(file);
  return over(tree, select, function* (file, text) {
    for (const [index, line] of withoutRawStrings(text).split('\n').entries()) {
      // Prose in a string stays in one piece where the formatter leaves it in one.
      const width = isScript(file) ? line.replace(/(['"`]).{40,}\1/, '').length : line.length;
      if (width > columnMax) yield `${index + 1}: ${line.length} columns; ${columnMax} fit`;
    }
  });
}

export function sourcesAreAscii(tree) {
  return over(tree, isCpp, function* (file, text) {
    for (const match of text.matchAll(/[^\n\x20-\x7e]/g)) {
      yield `${lineOf(text, match.index)}: '${match[0]}' is not ASCII; write an escape`;
    }
  });
}

function* scriptFunctions(file, text) {
  const source = ts.createSourceFile(file, text, ts.ScriptTarget.Latest, true);
  const lineAt = (position) => source.getLineAndCharacterOfPosition(position).line + 1;
  const found = [];
  const visit = (node) => {
    const suite =
      ts.isCallExpression(node.parent ?? node) &&
      /^describe\b/.test(node.parent.expression.getText());
    if (ts.isFunctionLike(node) && node.body && !suite) {
      const line = lineAt(node.getStart());
      found.push({ line, lines: lineAt(node.end) - line + 1 });
    }
    ts.forEachChild(node, visit);
  };
  ts.forEachChild(source, visit);
  yield* found;
}

export function functionsAreShort(tree) {
  return over(
    tree,
    (file) => isCpp(file) || isScript(file),
    function* (file, text) {
      const all = isCpp(file) ? functions(blank(text)) : scriptFunctions(file, text);
      for (const { line, lines } of all) {
        if (lines > functionLinesMax)
          yield `${line}: a function of ${lines} lines; ${functionLinesMax} at most`;
      }
    },
  );
}

/**
 * Every source and every public header is named by the CMakeLists.txt of its folder or of one
 * above; a header beside the sources needs a file that includes it.
 */
export function targetsListEveryFile(tree) {
  const listed = new Set();
  for (const [file, text] of Object.entries(tree)) {
    if (!/CMakeLists\.txt$|\.cmake$/.test(file)) continue;
    for (const match of text.matchAll(/[\w./-]+\.(?:h|cpp)\b/g)) {
      listed.add(folderOf(file) + match[0]);
      listed.add(match[0].replace(/^\//, ''));
    }
  }
  const included = new Set();
  for (const [file, text] of Object.entries(tree).filter(([name]) => isCpp(name))) {
    for (const { header } of includesOf(text))
      if (nameOf(file) !== nameOf(header)) included.add(nameOf(header));
  }
  const isPrivate = (file) => file.endsWith('.h') && !file.includes('/include/');
  return over(tree, isCpp, function* (file) {
    if (isPrivate(file) && included.has(nameOf(file))) return;
    if (!listed.has(file)) yield '1: no target lists this file; list it or delete it';
  });
}

/** A script, page, picture or document that no other file names is dead. */
export function nothingIsDead(tree) {
  const kinds = /\.(mjs|js|ts|css|html|svg|md|sh|json)$/;
  const known =
    /(^|\/)([A-Z]+\.md|CMakePresets|\.prettierrc|(package(-lock)?|tsconfig)\.json$)|\.test\.mjs$/;
  const byData =
    /^(tests\/(vectors|golden|fuzz\/corpus|conformance)|rulesets|web-demo\/shop\/(art|scenes))\//;
  const texts = Object.entries(tree);
  return over(
    tree,
    (file) => kinds.test(file) && !known.test(file) && !byData.test(file),
    function* (file) {
      const stem = nameOf(file).replace(/(\.d)?\.\w+$/, '');
      const named = texts.some(([other, text]) => other !== file && text.includes(stem));
      if (!named) yield '1: nothing names this file; use it or delete it';
    },
  );
}

export function nothingTellsWhoseMachine(tree) {
  const here = 'tests/tidy/';
  const paths = /(?<![\w.$}])\/(home|root|work|farm|Users)\/\w/;
  const hosts =
    /\b(registry\.npmjs\.org|registry\.yarnpkg\.com|deb\.debian\.org|nodesource\.com)\b/;
  return over(
    tree,
    (file) => !inside(file, here.slice(0, -1)),
    function* (file, text) {
      for (const [index, line] of text.split('\n').entries()) {
        const match = paths.exec(line) ?? hosts.exec(line);
        if (match) yield `${index + 1}: '${match[0]}' belongs to one machine`;
      }
    },
  );
}

export function lockNamesNoHost(tree) {
  return over(
    tree,
    (file) => nameOf(file) === 'package-lock.json',
    function* (file, text) {
      for (const match of text.matchAll(/"resolved": "https?:[^"]*"/g)) {
        yield `${lineOf(text, match.index)}: ${match[0]}; run npm install again`;
      }
    },
  );
}

export function topFoldersIntroduceThemselves(tree) {
  const folders = new Set(
    Object.keys(tree)
      .filter((file) => file.includes('/'))
      .map((file) => file.split('/')[0]),
  );
  const complaints = [];
  for (const folder of [...folders].filter((name) => !name.startsWith('.'))) {
    const text = tree[`${folder}/README.md`];
    if (text === undefined)
      complaints.push(`${folder}/README.md:1: missing; say what the folder owns`);
    else if (text.trimEnd().split('\n').length > readmeLinesMax) {
      complaints.push(`${folder}/README.md:1: over ${readmeLinesMax} lines`);
    }
  }
  return complaints;
}

export function linksLeadSomewhere(tree) {
  const files = Object.keys(tree);
  return over(
    tree,
    (file) => file.endsWith('.md'),
    function* (file, text) {
      for (const match of text.matchAll(/\]\((?!\w+:|#)([^)#\s]+)[^)]*\)/g)) {
        const target = decodeURI(new URL(match[1], `file:///${file}`).pathname)
          .slice(1)
          .replace(/\/$/, '');
        const exists =
          target === '' || files.some((other) => other === target || inside(other, target));
        if (!exists) yield `${lineOf(text, match.index)}: ${match[1]} is not there`;
      }
    },
  );
}

/** Every check with the sentence that its test is called by. */
export const checks = {
  'includes follow the arrows': includesFollowTheArrows,
  'imports follow the arrows': importsFollowTheArrows,
  'core uses no banned word': coreUsesNoBannedWord,
  'lines fit': linesFit,
  'C++ sources are ASCII': sourcesAreAscii,
  'functions are short': functionsAreShort,
  'targets list every file': targetsListEveryFile,
  'nothing is dead': nothingIsDead,
  'nothing tells whose machine it was': nothingTellsWhoseMachine,
  'the lock file names no host': lockNamesNoHost,
  'top folders introduce themselves': topFoldersIntroduceThemselves,
  'links lead somewhere': linksLeadSomewhere,
};
