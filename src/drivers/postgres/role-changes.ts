/** What one statement does to roles: never its literals, a password could be one. */
export type RoleChange = {
  /** In small letters: `create role`, `alter role password`, `grant`, `alter owner`. */
  readonly operation: string;
  /** The role whose rights differ afterwards; `*` where the statement does not name it. */
  readonly role: string;
};

const name = String.raw`(?:"(?:[^"]|"")+"|[\p{L}_][\p{L}\p{N}_$]*)`;
const names = String.raw`${name}(?:\s*,\s*${name})*`;
const expression = (source: string): RegExp => new RegExp(source, 'isu');

const rules: readonly {
  readonly match: RegExp;
  readonly of: (match: RegExpMatchArray, words: string) => readonly RoleChange[];
}[] = [
  {
    match: expression(String.raw`^create\s+(?:role|user|group)\s+(?!mapping\b)(${name})`),
    of: ([, role], words) => [
      ...each('create role', role),
      ...each('grant', after(words, String.raw`in\s+(?:role|group)`)),
    ],
  },
  {
    match: expression(String.raw`^alter\s+(?:role|user|group)\s+(?!mapping\b)(all\b|${name})(.*)$`),
    of: ([, role, rest = '']) => {
      const what = /\bpassword\b/iu.test(rest) ? ' password' : /^\s+rename\b/iu.test(rest) ? ' rename' : '';
      return [
        ...each(`alter role${what}`, /^all$/iu.test(role ?? '') ? '*' : role),
        ...each('alter role rename', after(rest, String.raw`rename\s+to`)),
        ...each('grant', after(rest, String.raw`add\s+user`)),
      ];
    },
  },
  {
    match: expression(String.raw`^drop\s+(?:role|user|group)\s+(?:if\s+exists\s+)?(?!mapping\b)(${names})`),
    of: ([, roles]) => each('drop role', roles),
  },
  {
    match: expression(String.raw`^(grant|revoke)\b(.*)$`),
    of: ([, verb = '', rest = '']) => each(verb.toLowerCase(), after(rest, /^grant$/iu.test(verb) ? 'to' : 'from')),
  },
  {
    match: expression(String.raw`^reassign\s+owned\s+by\s+(${names})\s+to\s+(${name})`),
    of: ([, from, to]) => [...each('reassign owned', from), ...each('reassign owned', to)],
  },
  {
    match: expression(String.raw`^drop\s+owned\s+by\s+(${names})`),
    of: ([, roles]) => each('drop owned', roles),
  },
  {
    match: expression(String.raw`^alter\s+default\s+privileges\b(.*)$`),
    of: ([, rest = '']) => each('alter default privileges', after(rest, '(?:to|from)') ?? '*'),
  },
  {
    match: expression(String.raw`^alter\s.*\bowner\s+to\s+(${name})`),
    of: ([, role]) => each('alter owner', role),
  },
  {match: expression(String.raw`^do\b`), of: () => each('do block', '*')},
  {match: expression(String.raw`^alter\s+(?:system|database)\b`), of: () => each('alter settings', '*')},
];

/** What the statements of one logged text do to roles, in order. What can't be read may do anything. */
export function roleChangesIn(text: string): readonly RoleChange[] {
  const words = withoutLiterals(text);
  // Comments within comments, or a string that does not end here.
  if (/\/\*|\*\/|'|\$\$/u.test(words)) return [{operation: 'unreadable statement', role: '*'}];
  return words
    .split(';')
    .map((statement) => statement.trim())
    .flatMap((statement) => {
      for (const {match, of} of rules) {
        const found = statement.match(match);
        if (found !== null) return of(found, statement);
      }
      return [];
    });
}

/** Whether all of a logged text is undone where it fails: not what it has committed itself. */
export function canBeTakenBack(text: string): boolean {
  return !/\b(?:commit|end)\b/iu.test(withoutLiterals(text));
}

function each(operation: string, roles: string | undefined): readonly RoleChange[] {
  return (roles?.match(new RegExp(`${name}|\\*`, 'gu')) ?? []).map((role) => ({operation, role: unquote(role)}));
}

/** The names that stand behind these words, the last time that they do. */
function after(text: string, words: string): string | undefined {
  return [...text.matchAll(new RegExp(String.raw`\b${words}\s+(${names})`, 'gisu'))].at(-1)?.[1];
}

function unquote(role: string): string {
  return role.startsWith('"') ? role.slice(1, -1).replaceAll('""', '"') : role.toLowerCase();
}

/** Strings, dollar-quoted bodies and comments say nothing of what is changed, and may hold anything. */
function withoutLiterals(text: string): string {
  return text.replaceAll(
    /"(?:[^"]|"")*"|e'(?:[^'\\]|\\.|'')*'|'(?:[^']|'')*'|\$([\p{L}_][\p{L}\p{N}_]*)?\$.*?\$\1\$|--[^\n]*|\/\*.*?\*\//gisu,
    (literal) => (literal.startsWith('"') ? literal : ' '),
  );
}
