import type {Answer} from './post.ts';
import type {Era, Method, Params} from './requests.ts';

/**
 * What is asked in one sample, in whatever era: `send` words each request for it, and what is returned decides.
 * Called anew for each era that is tried. The older one had an answer before, to `initialize`.
 */
export type Question = (
  send: (method: Method, params: Params) => Promise<Answer>,
  initialized?: Answer,
) => Promise<Answer>;

/** The era is undefined where nothing told which one the server speaks. */
export type Asked = {readonly answer: Answer; readonly era: Era | undefined};
