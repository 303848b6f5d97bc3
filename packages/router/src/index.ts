export { answer, Answer, type AnswerHeaders, created, redirect } from './answer.ts';
export type { Context, Query } from './context.ts';
export { Problem, problem, type ProblemExtras } from './problem.ts';
export { RouterError, type RouterErrorCode } from './router-error.ts';
export {
  type Answerable,
  createRouter,
  type Handler,
  type RouteOptions,
  type Router,
  type RouterOptions,
} from './router.ts';
export type { ListenOptions, Server } from './server.ts';
export type { Params } from './template.ts';
