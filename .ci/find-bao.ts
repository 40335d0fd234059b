import {findBao} from '../lab/find-bao.ts';

/** Prints where OpenBao's binary is; fetches it first where it is not here yet. */
process.stdout.write(await findBao(process.env, (line) => void process.stderr.write(`${line}\n`)));
