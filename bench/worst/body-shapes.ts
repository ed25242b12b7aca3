// Bodies as bad as a route's limits let them be: a good one, made from the schema, and beside it or in it as much as there may
// be of what costs. Some are refused at last; it is what they cost until then that counts.

import type { z } from 'zod'
import type { BodyLimits } from '../../workers/edge/body.ts'
import { limitsOf } from '../../workers/edge/edge.ts'
import type { RouteFacts } from '../../workers/edge/route.ts'
import { type Json, jsonSchemaOf, sampleOf } from './schema-samples.ts'

export interface Body {
  shape: string
  text: string
}

export function bodiesFor(route: RouteFacts): Body[] {
  const limits = limitsOf(route)
  if (route.accepts === 'form') return formBodies(limits)
  if (route.accepts === 'csv') return csvBodies(limits)
  const schema = jsonSchemaOf(route.body as z.ZodType)
  return [
    ...strangers(sampleOf(schema), limits),
    ...freeForms(schema, limits),
    ...wrongLists(schema, limits),
    { shape: 'everything full', text: full(schema, limits) },
  ]
}

/** One member that nobody knows, beside those of a good body. */
function strangers(good: unknown, limits: BodyLimits): Body[] {
  const { members, names = members, depth } = limits
  const begun = JSON.stringify(good).slice(0, -1)
  const beside = (shape: string, inside: string): Body => ({ shape, text: `${begun}${begun === '{' ? '' : ','}"zz":${inside}}` })
  const room = limits.bytes - JSON.stringify(good).length - 20
  const many = members - valuesIn(good) - 5
  const manyNames = Math.min(many, names - valuesIn(good) - 2)
  const named = (i: number) => `"m${i}":1`
  const atMost = (count: number, bytesEach: number) => Math.max(1, Math.min(count, Math.floor(room / bytesEach)))
  const list = (count: number, of: (i: number) => string) => Array.from({ length: count }, (_, i) => of(i)).join(',')
  return [
    beside('members', `{${list(atMost(manyNames, 13), named)}}`),
    beside('members, the last twice', `{${list(atMost(manyNames - 1, 13), named)},"m0":1}`),
    beside('small objects', `[${list(atMost(Math.min(many / 3, manyNames), 14), (i) => `{"a":${i % 9}}`)}]`),
    beside('lists in lists', `[${list(atMost(many / depth, 2 * depth), () => '['.repeat(depth - 3) + ']'.repeat(depth - 3))}]`),
    beside('numbers too long', `[${list(atMost(many, 20), () => '9007199254740993123')}]`),
    beside('one text, escaped', `"${'\\u00e9'.repeat(Math.floor(room / 6))}"`),
    beside('no JSON at its end', `[${list(atMost(many / 2, 3), () => '{}')}]x`),
  ]
}

/** Where a client may put any JSON: as much as the limits take, of members and of elements. */
function freeForms(schema: Json, { members }: BodyLimits): Body[] {
  const fill = (value: unknown): Body['text'] => JSON.stringify(sampleOf(schema, { free: value }))
  const half = Math.floor((members - 200) / 20)
  const texts: [string, string][] = [
    ['free form, members', fill(Object.fromEntries(Array.from({ length: Math.min(half * 10, 1200) }, (_, i) => [`m${i}`, i])))],
    ['free form, objects', fill({ '+': Array.from({ length: half }, (_, i) => ({ '+': [i, 1] })) })],
    ['free form, one text', fill({ text: 'é'.repeat(8000) })],
  ]
  return texts.flatMap(([shape, text]) => (text === fill('nothing') ? [] : [{ shape, text }]))
}

/** A schema looks at every element, also of a list that is too long, and says what is wrong with each. */
function wrongLists(schema: Json, { bytes, members }: BodyLimits): Body[] {
  const wrongElements = Math.floor(Math.min(members / 2, bytes / 14) / listsIn(schema)) - 20
  const text = JSON.stringify(sampleOf(schema, { wrongElements }))
  return listsIn(schema) === 0 || text === JSON.stringify(sampleOf(schema)) ? [] : [{ shape: 'lists of wrong elements', text }]
}

const listsIn = (schema: Json): number => JSON.stringify(schema).split('"type":"array"').length - 1

const full = (schema: Json, { bytes }: BodyLimits): string => {
  const text = JSON.stringify(sampleOf(schema, { isFull: true }))
  // Where a list may be longer than the body: as it is without it.
  return Buffer.byteLength(text) <= bytes ? text : JSON.stringify(sampleOf(schema))
}

function valuesIn(value: unknown): number {
  if (typeof value !== 'object' || value === null) return 0
  return Object.values(value).reduce((sum: number, member) => sum + 1 + valuesIn(member), 0)
}

const formBodies = ({ bytes }: BodyLimits): Body[] => [
  { shape: 'parameters', text: Array.from({ length: 20 }, (_, i) => `p${i}=${'%41'.repeat(Math.floor(bytes / 20 / 3) - 4)}`).join('&') },
  { shape: 'too many parameters', text: 'a&'.repeat(bytes / 2 - 1) },
]

function csvBodies({ bytes }: BodyLimits): Body[] {
  const header = 'email,userId,externalId,nickname,firstName,lastName,lang,timezone,role\n'
  const rows = (of: (i: number) => string) => header + Array.from({ length: 1000 }, (_, i) => of(i)).join('\n')
  const cell = 'x'.repeat(Math.floor(bytes / 1000 / 10))
  return [
    { shape: 'a thousand people', text: rows((i) => `p${i}@example.org,u${i},e${i},N${i},Ada,Love,en,UTC,viewer`) },
    { shape: 'a thousand rows, all wrong', text: rows(() => Array(9).fill(cell).join(',')) },
    { shape: 'a hundred cells a row', text: rows(() => ','.repeat(99)) },
    { shape: 'commas', text: header + ','.repeat(bytes - 100) },
    { shape: 'quotes', text: `${header}"${'""'.repeat(bytes / 2 - 100)}"` },
  ]
}
