import {mkdtemp, rm} from 'node:fs/promises';
import {tmpdir} from 'node:os';
import path from 'node:path';
import {GenericContainer, Wait} from 'testcontainers';
import {removeContainer} from '../../lab/containers.ts';
import {findMoto} from '../../lab/find-moto.ts';
import {motoEnvironment, startMoto} from '../../lab/moto.ts';
import {chooseAwsPorts} from '../../lab/ports.ts';
import {type LabProcess, stopProcess} from '../../lab/processes.ts';
import {labels, type TestImages} from './test-images.ts';

export type MotoServer = {readonly endpoint: string; stop(): Promise<void>};

/** Where moto's image serves. */
const portInside = 5000;

/** moto with nothing in it, on a free port: in a container where the tests were given an image, else a process. */
export async function startMotoServer({moto: image}: TestImages): Promise<MotoServer> {
  return image === undefined ? startAsProcess() : startContainer(image);
}

async function startContainer(image: string): Promise<MotoServer> {
  const {aws: port} = await chooseAwsPorts('auto');
  const started = await new GenericContainer(image)
    .withEnvironment(motoEnvironment)
    .withExposedPorts({container: portInside, host: port})
    .withLabels(labels)
    .withWaitStrategy(Wait.forHttp('/moto-api/data.json', portInside).withStartupTimeout(60_000))
    .start();
  return {endpoint: `http://127.0.0.1:${port}`, stop: () => removeContainer(started.getId())};
}

async function startAsProcess(): Promise<MotoServer> {
  const python = await findMoto(process.env, () => undefined);
  const folder = await mkdtemp(path.join(tmpdir(), 'offdrill-moto-'));
  const processes: LabProcess[] = [];
  const stop = async (): Promise<void> => {
    await Promise.all(processes.map((one) => stopProcess(one)));
    await rm(folder, {recursive: true, force: true});
  };
  try {
    const log = path.join(folder, 'moto.log');
    return {endpoint: await startMoto({python, log, onStart: (one) => processes.push(one)}), stop};
  } catch (error) {
    await stop();
    throw error;
  }
}
