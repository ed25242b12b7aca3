// Members whose content is the client's own: any JSON, kept as it came or refused with its place. What the record, a JSON
// text or an object's prototype would make something else of is refused: NUL and lone surrogates in texts and names,
// numbers that were out of range (the edge's parser makes them Infinity), and a member called `__proto__`.

import { z } from 'zod'
import { storable } from './text.ts'

export interface Flaw {
  path: (string | number)[]
  detail: string
}

/** The first flaw; null where there is none. `value` is as deep as the edge lets a body be. */
export function flawIn(value: unknown): Flaw | null {
  const found = findFlaw(value)
  return found && { ...found, path: found.path.reverse() }
}

const textDetail = 'must be well-formed text without NUL'
const numberDetail =
  'A number that cannot be kept as it is: out of range, or more digits than 64 bits of floating point hold. Send it as text.'

/** Its path is from the inside out. */
function findFlaw(value: unknown): Flaw | null {
  if (typeof value === 'string') return storable(value) ? null : { path: [], detail: textDetail }
  if (typeof value === 'number') return Number.isFinite(value) ? null : { path: [], detail: numberDetail }
  if (typeof value !== 'object' || value === null) return null
  if (Array.isArray(value)) {
    for (let i = 0; i < value.length; i++) {
      const flaw = findFlaw(value[i])
      if (flaw) return within(flaw, i)
    }
    return null
  }
  for (const name of Object.keys(value)) {
    const flaw = flawOfName(name) ?? findFlaw((value as Record<string, unknown>)[name])
    if (flaw) return within(flaw, name)
  }
  return null
}

function flawOfName(name: string): Flaw | null {
  if (name === '__proto__') return { path: [], detail: 'A member cannot have this name.' }
  return storable(name) ? null : { path: [], detail: `Its name ${textDetail}.` }
}

function within(flaw: Flaw, at: string | number): Flaw {
  flaw.path.push(at)
  return flaw
}

const tellFlaw = (value: unknown, context: { addIssue(issue: { code: 'custom'; path: (string | number)[]; message: string }): void }) => {
  const flaw = flawIn(value)
  if (flaw) context.addIssue({ code: 'custom', path: flaw.path, message: flaw.detail })
}

/** Any JSON. */
export const freeForm = z.unknown().superRefine(tellFlaw)

/** Not `z.record` or `z.looseObject`: they leave a member called `__proto__` out in silence. */
export const freeFormObject = z
  .custom<Record<string, unknown>>((value) => typeof value === 'object' && value !== null && !Array.isArray(value), 'An object.')
  .superRefine(tellFlaw)
  .meta({ type: 'object', additionalProperties: {} })
