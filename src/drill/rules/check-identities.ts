import type {Checking} from '../checking.ts';
import {describeValue, quote} from '../describe-value.ts';
import {isRecord, itemsOf, type Path, valueAt} from '../path.ts';
import {suggest} from '../suggest.ts';
import {checkInput} from './check-input.ts';

const production = ['production', 'prod', 'prd', 'live'];
/** What stands before one of them turns it into another environment: `pre-production`, `non-prod`. */
const before = ['pre', 'non', 'not', 'like'];

/** The integration is not production's, and each identity is one that a system knows. */
export function checkIdentities(checking: Checking): void {
  const {document, report} = checking;
  const environment = valueAt(document.value, ['integration', 'environment']);
  if (typeof environment === 'string' && isProduction(environment)) {
    const message = `Expected an environment that may be taken apart, got ${describeValue(environment)}. Drills do not run in production.`;
    report({code: 'production', message, path: ['integration', 'environment'], at: 'value'});
  }
  for (const path of [['integration', 'identities'], ['workloads']]) {
    itemsOf(valueAt(document.value, path)).forEach((identity, index) => {
      if (isRecord(identity)) checkIdentity(identity, [...path, index], checking);
    });
  }
}

function isProduction(environment: string): boolean {
  const words = environment.toLowerCase().split(/[^a-z]+/);
  return words.some((word, index) => production.includes(word) && !before.includes(words[index - 1] ?? ''));
}

function checkIdentity(
  identity: Readonly<Record<string, unknown>>,
  path: Path,
  {drivers, driverNames, report}: Checking,
): void {
  const code = 'unknown-identity';
  const [kind, second] = Object.keys(identity);
  if (kind === undefined || second !== undefined) {
    const message = `Expected one system, such as \`{vault: {approle: orders-mcp}}\`, got ${kind === undefined ? 'nothing' : `${quote(kind)} and ${quote(second ?? '')}`}.`;
    report({code, message, path: second === undefined ? path : [...path, second]});
    return;
  }
  const driver = drivers.get(kind);
  if (driver?.identity === undefined) {
    const why =
      driver === undefined ? `There are: ${driverNames.join(', ')}.` : `The ${kind} driver knows no identities.`;
    const message = `Expected a system that knows identities, got ${quote(kind)}. ${why}`;
    report({
      code,
      message,
      path: [...path, kind],
      suggestion: driver === undefined ? suggest(kind, driverNames) : undefined,
    });
    return;
  }
  checkInput({schema: driver.identity, value: identity[kind], path: [...path, kind], report});
}
