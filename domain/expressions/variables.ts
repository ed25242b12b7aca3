// Reading variables: own members only, so no path leads out of the data into JavaScript's prototypes. A variable that
// is not there is null, or the default that stands beside its path.

import { forbiddenNames, segmentsOf } from './shapes.ts'

/** What stands at `path`; null when nothing does. Never throws, never runs code of the data. */
export function lookUp(scope: unknown, path: string): unknown {
  let value = scope
  for (const segment of segmentsOf(path)) {
    if (value === null || typeof value !== 'object' || forbiddenNames.has(segment) || !Object.hasOwn(value, segment)) return null
    value = (value as Record<string, unknown>)[segment]
  }
  return value === undefined ? null : value
}

/** What looking up a path costs: it is cut into names, each is looked for. */
export const pathSteps = (path: unknown): number => (typeof path === 'string' ? 1 + (path.length >> 4) : 1)

/** The operand of `var` as a path: a text, or an index into a list. */
export const pathOf = (operand: unknown): string | null =>
  typeof operand === 'string'
    ? operand
    : typeof operand === 'number' && Number.isSafeInteger(operand) && operand >= 0
      ? String(operand)
      : null

/** JsonLogic's `missing`: those of the paths where there is nothing (null or an empty text counts as nothing). */
export const missingOf = (scope: unknown, paths: unknown[]): string[] =>
  paths.filter((path): path is string => typeof path === 'string' && [null, ''].includes(lookUp(scope, path) as null))
