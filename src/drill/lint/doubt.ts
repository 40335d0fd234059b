import type {DiagnosticCode} from '../../contract/diagnostic.ts';
import type {Driver} from '../../contract/driver.ts';
import type {DoubtRecord} from '../../contract/plan-record.ts';
import type {Drill} from '../drill.ts';
import type {Path} from '../path.ts';

/** What may well be meant otherwise, and keeps no run from proving what it sees: a warning in the file, and nothing more. */
export type Advice = {readonly code: DiagnosticCode; readonly message: string; readonly path: Path};

/** Something that a drill claims and can't prove, whatever its run sees: a warning in the file, and unproven in the verdict. */
export type Doubt = Advice & {readonly criterion: DoubtRecord['criterion']};

/** A drill that holds no mistake, and the drivers that it names. */
export type Linted = {readonly drill: Omit<Drill, 'doubts'>; readonly drivers: ReadonlyMap<string, Driver>};
