import {requirements} from '../lab/find-moto.ts';

/** Prints what pip is to fetch for moto's server, a line each. */
process.stdout.write(`${requirements.join('\n')}\n`);
