// Input that is wrong or meant to hurt, made from a route's own schema: whatever a schema accepts tomorrow is tried
// tomorrow. A schema that this cannot read fails the test that asks.

import { z } from 'zod'
import { flawIn } from '../../../domain/resources/free-form.ts'
import { absent, at, replaced } from './pointers.ts'

export type Json = Record<string, unknown>

export interface Member {
  pointer: string
  schema: Json
  required: boolean
}

/** Every member that a body may have, at any depth; of a list its first element, of a union the variant that `body` is. */
export function membersOf(schema: z.ZodType, body: unknown): Member[] {
  const document = z.toJSONSchema(schema, { io: 'input', unrepresentable: 'any' }) as Json
  const definitions = (document.$defs ?? {}) as Record<string, Json>
  const found: Member[] = []
  const resolved = (node: Json): Json => {
    const name = typeof node.$ref === 'string' ? node.$ref.replace('#/$defs/', '') : undefined
    return name === undefined ? node : { ...node, ...definitions[name] }
  }
  const visit = (node: Json, pointer: string, required: boolean): void => {
    const here = resolved(node)
    if (found.some((known) => known.pointer === pointer)) return
    found.push({ pointer, schema: here, required })
    for (const variant of variantsOf(here)
      .map(resolved)
      .filter((variant) => isVariant(variant, at(body, pointer)))) {
      const names = (variant.required ?? []) as string[]
      for (const [name, member] of Object.entries((variant.properties ?? {}) as Record<string, Json>))
        visit(member, `${pointer}/${name}`, names.includes(name))
      if (variant.items) visit(variant.items as Json, `${pointer}/0`, false)
    }
  }
  visit(document, '', true)
  return found
}

const variantsOf = (schema: Json): Json[] => (schema.anyOf ?? schema.oneOf ?? [schema]) as Json[]

/** What tells a union's variants apart is a member that is always the same. */
const isVariant = ({ properties = {} }: Json, value: unknown): boolean =>
  Object.entries(properties as Record<string, Json>).every(
    ([name, member]) => !('const' in member) || (value as Json)?.[name] === member.const,
  )

/** The JSON types that a schema takes; null where it takes anything. */
function typesOf(schema: Json): string[] | null {
  const types = variantsOf(schema).map((variant) => {
    if ('const' in variant) return typeof variant.const
    return variant.type ?? (Array.isArray(variant.enum) ? 'string' : undefined)
  })
  return types.every((type) => typeof type === 'string') ? (types as string[]) : null
}

const samples: [type: string, value: unknown][] = [
  ['string', 'text'],
  ['number', 12],
  ['boolean', true],
  ['null', null],
  ['array', []],
  ['array', ['x']],
  ['object', {}],
  ['object', { constructor: 1 }],
]

/** Values of a type that the member does not take, or none of its enumeration: always a 400. */
export function wrongFor({ schema }: Member): unknown[] {
  const types = typesOf(schema)
  if (types === null) return []
  const takes = (type: string) => types.includes(type) || (type === 'number' && types.includes('integer'))
  const wrong = samples.filter(([type]) => !takes(type)).map(([, value]) => value)
  const enumerated = variantsOf(schema).every((variant) => Array.isArray(variant.enum) || 'const' in variant)
  return enumerated ? [...wrong, '', 'NOPE', '__proto__', 'constructor', 'toString'] : wrong
}

export const loneSurrogate = '\ud800'
const nested = (depth: number): unknown => JSON.parse(`${'{"a":['.repeat(depth / 2)}0${']}'.repeat(depth / 2)}`)

/** Values that a member may take or refuse, and must survive. */
const hostileValues: unknown[] = [
  '',
  '\u0000',
  `a\u0000b`,
  loneSurrogate,
  `a${loneSurrogate}b`,
  '__proto__',
  'constructor',
  'hasOwnProperty',
  '..',
  '../../x',
  `'; DROP TABLE users; --`,
  '<script>alert(1)</script>',
  '\u202e\u200b\ufeff',
  '漢'.repeat(128),
  '😀'.repeat(64),
  'x'.repeat(100_000),
  '2026-13-45T99:99:99Z',
  '+275760-09-13T00:00:00.001Z',
  'javascript:alert(1)',
  0,
  -1,
  -0,
  1e308,
  -1e308,
  5e-324,
  1e21,
  2 ** 53 + 2,
  0.1 + 0.2,
  nested(80),
  Array.from({ length: 2000 }, (_, i) => i),
  JSON.parse('{"__proto__":{"polluted":true}}'),
  JSON.parse('{"constructor":{"prototype":{"polluted":true}}}'),
  { text: `a\u0000b` },
  { list: [{ [loneSurrogate]: 1 }] },
  { toString: 1, valueOf: null, toJSON: 'x' },
  JSON.parse('{"then":1}'),
  { var: '__proto__.polluted' },
  { constructor: ['x'] },
]

/** What the record could not keep as it came: a text wherever it stands, JSON where a member takes any of it (strangers beside known members are dropped). */
export const isUnkeepable = ({ schema }: Member, value: unknown): boolean =>
  flawIn(value) !== null && (typeof value === 'string' || variantsOf(schema).every(isFreeForm))

const isFreeForm = ({ type, properties }: Json): boolean => type === undefined || (type === 'object' && properties === undefined)

/** Those of the types that a member takes: the others are wrong, and refused as such. */
export function hostileFor({ schema }: Member): unknown[] {
  const types = typesOf(schema)
  if (types === null) return hostileValues
  const enumerated = Array.isArray(schema.enum) || 'const' in schema
  if (enumerated) return []
  const taken = (value: unknown) => (Array.isArray(value) ? 'array' : typeof value)
  return hostileValues.filter((value) => types.some((type) => type === taken(value) || (type === 'integer' && typeof value === 'number')))
}

/** What no schema names, all at once. */
export const strangers = (body: unknown): unknown =>
  ['__proto__', 'constructor', 'toString', 'unknown', ''].reduce(
    (all, name) => replaced(all, `/${name}`, { polluted: true, prototype: { polluted: true } }),
    body,
  )

/** Numbers that JavaScript has no exact or no finite value for: written into the text of the body. */
export const hugeNumbers = ['1e400', '-1e400', '1e-400', '12345678901234567890', `1${'0'.repeat(400)}`, `0.${'1'.repeat(2000)}`]

/** A member with a parent in the body can be put there, present or not. */
export const placeable = (body: unknown, { pointer }: Member): boolean => {
  const parent = at(body, pointer.slice(0, Math.max(0, pointer.lastIndexOf('/'))))
  return typeof parent === 'object' && parent !== null
}

export const without = (body: unknown, { pointer }: Member): unknown => replaced(body, pointer, absent)

/** Wrong values of a query parameter, by what it means. Throws for one that it cannot tell. */
export function wrongQuery(name: string, schema: Json): string[] {
  const repeated = `${name}=1&${name}=2`
  const items = schema.items as Json | undefined
  // Whatever its schema says of bounds: no page is empty, and none is without end.
  const outside = name === 'limit' ? ['0', '101'] : []
  if (schema.type === 'number' || schema.type === 'integer')
    return [repeated, ...['', '-1', '1.5', '1e1', '0x10', 'NaN', '٣', '9'.repeat(40), '%00', ...outside].map((value) => `${name}=${value}`)]
  if (Array.isArray(schema.enum)) return [repeated, ...['', 'NOPE', '__proto__', 'constructor', '%FF'].map((value) => `${name}=${value}`)]
  if (items && Array.isArray(items.enum))
    return ['NOPE', '__proto__', 'toString', '%00', 'a'.repeat(5000)].map((value) => `${name}=${value}`)
  if (name === 'nextToken')
    return [
      `${name}=a&${name}=b`,
      ...['', 'x', 'a.b', '%00', '.', 'x'.repeat(5000), `e30.${'A'.repeat(43)}`].map((value) => `${name}=${value}`),
    ]
  if (name === 'after') return [`${name}=a&${name}=b`, `${name}=`, `${name}=${'x'.repeat(5000)}`]
  if (schema.format === 'date-time')
    return [repeated, ...['', 'x', '2026-01-01', '2026-13-01T00:00:00Z', '1700000000000', '%00'].map((value) => `${name}=${value}`)]
  if (typeof schema.pattern === 'string')
    return [`${name}=a&${name}=b`, ...['', '%00', '..', '%F0%9F%98%80', 'x'.repeat(5000)].map((value) => `${name}=${value}`)]
  if (schema.type === 'string' && typeof schema.maxLength === 'number')
    return [`${name}=a&${name}=b`, `${name}=`, `${name}=${'x'.repeat(5000)}`]
  // What a signed URL says is for its check to judge, where there is anything to check.
  if (['expires', 'signature'].includes(name)) return [`${name}=a&${name}=b`]
  throw new Error(`how is ${name} wrong? ${JSON.stringify(schema)}`)
}

/** As they stand in a path. */
export const hostileIds = [
  '__proto__',
  'constructor',
  'toString',
  '%00',
  'a%00b',
  '%FF',
  '%ED%A0%80',
  '%',
  '%2F',
  '..%2F..%2Fx',
  '%2e%2e',
  encodeURIComponent(`'; DROP TABLE users; --`),
  encodeURIComponent('漢'.repeat(128)),
  encodeURIComponent('😀'),
  '%20',
  '*',
  ':userId',
  'x'.repeat(129),
  'x'.repeat(3000),
]
