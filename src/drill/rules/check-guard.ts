import type {Driver} from '../../contract/driver.ts';
import type {Checking} from '../checking.ts';
import {describeValue, listOf, quote} from '../describe-value.ts';
import {isRecord, itemsOf, type Path, valueAt} from '../path.ts';
import {referencesIn} from '../references.ts';
import {suggest} from '../suggest.ts';
import {checkInput} from './check-input.ts';

const identityKeys: readonly string[] = ['cluster', 'account'];

/** Each line of the guard speaks of one system, in the form of its driver, and says who must answer there. */
export function checkGuard(checking: Checking): void {
  itemsOf(valueAt(checking.document.value, ['guard', 'allow'])).forEach((entry, index) => {
    if (isRecord(entry)) checkEntry(entry, ['guard', 'allow', index], checking);
  });
}

function checkEntry(entry: Readonly<Record<string, unknown>>, path: Path, checking: Checking): void {
  const {driverNames, drivers, report} = checking;
  const keys = Object.keys(entry).filter((key) => !identityKeys.includes(key));
  const [kind, second] = keys.filter((key) => driverNames.includes(key));
  const strays = keys.filter((key) => !driverNames.includes(key));
  if (kind === undefined) {
    const [stray] = strays;
    const message = `Expected the name of a driver and an address, got ${stray === undefined ? 'nothing' : quote(stray)}. There are: ${driverNames.join(', ')}.`;
    const place = stray === undefined ? path : [...path, stray];
    report({code: 'unknown-guard-kind', message, path: place, suggestion: stray && suggest(stray, driverNames)});
    return;
  }
  if (second !== undefined) {
    const message = `Expected one system a line, got ${listOf([kind, second], 'and')}.`;
    report({code: 'unknown-guard-kind', message, path: [...path, second]});
  }
  const driver = drivers.get(kind);
  const identityKey = driver?.guard.identityKey ?? 'cluster';
  const others = identityKeys.filter((key) => key !== identityKey && Object.hasOwn(entry, key));
  for (const stray of [...strays, ...others]) {
    const suggestion = entry[identityKey] === undefined ? suggest(stray, [identityKey]) : undefined;
    report({
      code: 'unknown-key',
      message: `Unknown key ${quote(stray)}. There are: ${kind}, ${identityKey}.`,
      path: [...path, stray],
      suggestion,
    });
  }
  if (driver === undefined) return;
  checkAddress(driver, entry[kind], [...path, kind], report);
  if (!strays.some((stray) => suggest(stray, [identityKey]) !== undefined)) checkIdentity(driver, entry, path, report);
}

function checkAddress({name, guard}: Driver, address: unknown, path: Path, report: Checking['report']): void {
  const takesArgv = guard.address.safeParse(['program', 'word']).success;
  const isBare = Array.isArray(address)
    ? address.length < 2
    : typeof address === 'string' && referencesIn(address).length === 0;
  if (takesArgv && isBare) {
    const message = `Expected the beginning of a command, of two words at least, such as \`[node, lab/cli.ts]\`, got ${describeValue(Array.isArray(address) ? address[0] : address)}: a program alone would allow anything.`;
    report({code: 'bare-program', message, path, at: 'value'});
  } else if (address === null || address === '') {
    report({code: 'bad-input', message: `Expected \`${name}\` to be an address, got nothing.`, path});
  } else {
    checkInput({schema: guard.address, value: address, path, report});
  }
}

function checkIdentity(
  {name, guard}: Driver,
  entry: Readonly<Record<string, unknown>>,
  path: Path,
  report: Checking['report'],
): void {
  const code = 'guard-identity';
  const key = guard.identityKey ?? 'cluster';
  const identity = entry[key];
  if (guard.identity === 'none') {
    if (identity === undefined) return;
    const message = `Expected no \`cluster\`: a server behind the ${name} driver does not say who it is. Leave it out.`;
    report({code, message, path: [...path, 'cluster']});
  } else if (identity === undefined) {
    const what =
      key === 'cluster'
        ? 'the name by which the server must call itself'
        : 'the account that must answer there, in quotes';
    const message = `Expected \`${key}\`, ${what}, got nothing.`;
    report({code, message, path: [...path, name]});
  } else if (typeof identity !== 'string' || identity.trim() === '') {
    const message = `Expected \`${key}\` to be text, got ${describeValue(identity)}.`;
    report({code, message, path: [...path, key], at: 'value'});
  }
}
