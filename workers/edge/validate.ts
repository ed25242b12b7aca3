// Input errors as the problem document wants them: a JSON pointer (RFC 6901) for what is wrong in a body, a parameter
// name for what is wrong in a path, query or header. Beside them the query schemas that every list shares.

import { z } from 'zod'
import { type Failure, failure, type InputError } from '../../domain/failures.ts'

const mistakesLimit = 20
/** Characters. A member's name may be as long as the body. */
const pointerLimit = 200

const escaped = (part: PropertyKey): string => String(part).slice(0, pointerLimit).replaceAll('~', '~0').replaceAll('/', '~1')
const pointerOf = (parts: PropertyKey[]): string =>
  parts
    .map((part) => `/${escaped(part)}`)
    .join('')
    .slice(0, pointerLimit)

interface Issue {
  path: PropertyKey[]
  message: string
  code?: string
  keys?: string[]
}

/** At most twenty mistakes are told, each in bounded words: an answer must not grow with the input. */
export function inputFailure(error: { issues: Issue[] }, where: 'body' | 'parameter'): Failure {
  const errors = error.issues
    .slice(0, mistakesLimit)
    .flatMap((issue) => inputErrors(issue, where))
    .slice(0, mistakesLimit)
  const detail = where === 'body' ? 'The body is not what this operation takes.' : 'A parameter is not what this operation takes.'
  return failure('validation/invalid_input', detail, { errors })
}

function inputErrors(issue: Issue, where: 'body' | 'parameter'): InputError[] {
  // Zod lists every value of an enumeration; ours have hundreds.
  const detail = issue.message.length > 300 ? 'Not one of the values that are allowed here.' : issue.message
  if (where === 'parameter') return [{ parameter: String(issue.path[0] ?? '').slice(0, pointerLimit), detail }]
  const unknown = issue.code === 'unrecognized_keys' ? (issue.keys ?? []) : []
  if (unknown.length === 0) return [{ pointer: pointerOf(issue.path), detail }]
  return unknown.slice(0, mistakesLimit).map((key) => ({ pointer: pointerOf([...issue.path, key]), detail: 'Unknown member.' }))
}

/** Null where every parameter of the query (`?a=b&c`) is one of `names`. */
export function unknownParameters(query: string, names: string[]): Failure | null {
  const errors: InputError[] = []
  for (const parameter of new URLSearchParams(query).keys()) {
    if (names.includes(parameter)) continue
    errors.push({ parameter: parameter.slice(0, pointerLimit), detail: 'Unknown parameter.' })
    if (errors.length === mistakesLimit) break
  }
  const known = names.length === 0 ? 'This operation takes no query parameters.' : `The query parameters are ${names.join(', ')}.`
  return errors.length === 0 ? null : failure('validation/invalid_input', known, { errors })
}

/** A whole number in a query. Given twice is a mistake, as is anything that is not digits. */
const wholeNumber = z
  .string('Given once, a whole number.')
  .regex(/^\d{1,9}$/, 'A whole number.')
  .transform(Number)

export const limitQuery = (byDefault: number, maximum = 100) =>
  wholeNumber.pipe(z.number().min(1, 'At least 1.').max(maximum, `At most ${maximum}.`)).default(byDefault)

export const offsetQuery = wholeNumber.pipe(z.number().min(0)).default(0)

export const secondsQuery = (maximum: number) => wholeNumber.pipe(z.number().min(1, 'At least 1.').max(maximum, `At most ${maximum}.`))

/** Beyond nine digits, and in one spelling: the contract says `number`, and half a byte is none. */
export const bytesQuery = z
  .string('Given once, a whole number of bytes.')
  .regex(/^(?:0|[1-9]\d{0,14})$/, 'A whole number of bytes.')
  .transform(Number)
  .pipe(z.number())

/** Repeated, comma separated, or both: `fields=a&fields=b,c`. */
export const fieldsQuery = <const Names extends readonly [string, ...string[]]>(names: Names) =>
  z
    .union([z.string(), z.array(z.string())])
    .transform((given) =>
      [given]
        .flat()
        .flatMap((part) => part.split(','))
        .map((part) => part.trim())
        .filter((part) => part !== ''),
    )
    .pipe(z.array(z.enum(names, `One of ${names.join(', ')}.`)))
    .default([])

/** An empty one is no beginning: whoever lost the token would read the list again and not know it. */
const pageToken = z.string('Given once.').min(1, 'Leave it out to begin.').max(2048, 'Too long.')

/** What every list takes; `.extend` it. */
export const pageQuery = z.object({
  limit: limitQuery(20),
  nextToken: pageToken.optional(),
  order: z.enum(['asc', 'desc'], 'asc or desc.').default('desc'),
  sort: z.enum(['updatedAt'], 'updatedAt.').default('updatedAt'),
})
export type PageQuery = z.infer<typeof pageQuery>
