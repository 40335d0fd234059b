import type {Path} from '../path.ts';

/** How references are read at a place of the file. */
export type Region = 'input' | 'connection' | 'guard-address' | 'guard-cluster' | 'identity' | 'elsewhere';

export function regionOf(path: Path): Region {
  const [section, second, third] = path;
  switch (section) {
    case 'connections':
      return path.length > 2 && third !== 'driver' ? 'connection' : 'elsewhere';
    case 'guard':
      if (second !== 'allow' || path.length < 4) return 'elsewhere';
      return path[3] === 'cluster' || path[3] === 'account' ? 'guard-cluster' : 'guard-address';
    case 'workloads':
      return 'identity';
    case 'integration':
      return second === 'identities' ? 'identity' : 'elsewhere';
    case 'capture':
    case 'access':
    case 'dependents':
    case 'audit':
      return third === 'with' ? 'input' : 'elsewhere';
    case 'shutdown':
      return path.slice(2).find((key) => key !== 'rollback' && key !== 'check') === 'with' ? 'input' : 'elsewhere';
    default:
      return 'elsewhere';
  }
}
