import { describeAll } from './app.ts';

console.log(JSON.stringify(await describeAll()));
