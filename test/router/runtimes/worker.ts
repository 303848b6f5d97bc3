import { describeAll } from './app.ts';

// oxlint-disable-next-line import/no-default-export -- the form of a worker
export default {
  fetch: async (): Promise<Response> => Response.json(await describeAll()),
};
