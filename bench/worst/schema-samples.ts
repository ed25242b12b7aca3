// Values that a JSON schema of one of our routes takes.

import { z } from 'zod'

export type Json = Record<string, unknown>

export const jsonSchemaOf = (schema: z.ZodType): Json => z.toJSONSchema(schema, { io: 'input', unrepresentable: 'any' }) as Json

export interface SampleOptions {
  /** In every place where any JSON is taken. */
  free?: unknown
  /** Every member, lists and texts as long as may be, in place of only what must be there. */
  isFull?: boolean
  /** Every list that may be there, with this many elements, each of them wrong. */
  wrongElements?: number
}

const texts = ['sample', 'a@example.org', 'workspace1', '2026-01-01T00:00:00Z', 'https://example.org', 'user:ada', 'Ada', '123456', 'PT48H']

export function sampleOf(schema: Json, options: SampleOptions = {}, definitions = (schema.$defs ?? {}) as Record<string, Json>): unknown {
  const { $ref, ...own } = schema
  const here = typeof $ref === 'string' ? { ...definitions[$ref.replace('#/$defs/', '')], ...own } : schema
  const inside = (inner: unknown) => sampleOf(inner as Json, options, definitions)
  if ('const' in here) return here.const
  if (Array.isArray(here.enum)) return here.enum[0]
  const [variant] = (here.anyOf ?? here.oneOf ?? []) as Json[]
  if (variant) return inside(variant)
  switch (here.type) {
    case 'string':
      return textOf(here, options.isFull ?? false)
    case 'boolean':
      return true
    case 'null':
      return null
    case 'integer':
    case 'number':
      return Number(here.minimum ?? 1)
    case 'array':
      if (options.wrongElements)
        return Array(options.wrongElements).fill((here.items as Json | undefined)?.type === 'string' ? '' : { lang: '!' })
      return Array.from({ length: Number((options.isFull ? here.maxItems : here.minItems) ?? 1) }, () => inside(here.items ?? {}))
    case 'object':
      return objectOf(here, options, inside)
  }
  return options.free ?? true
}

function objectOf(
  { properties, required = [] }: Json,
  { free, isFull, wrongElements }: SampleOptions,
  inside: (inner: unknown) => unknown,
): unknown {
  if (properties === undefined) return typeof free === 'object' ? free : {}
  const wanted = Object.entries(properties as Record<string, Json>).filter(
    ([name, member]) =>
      isFull ||
      (wrongElements && member.type === 'array') ||
      (required as string[]).includes(name) ||
      (free !== undefined && isFreeObject(member)),
  )
  return Object.fromEntries(wanted.map(([name, member]) => [name, inside(member)]))
}

const isFreeObject = ({ type, properties, anyOf, oneOf, enum: values, $ref, ...rest }: Json): boolean =>
  !('const' in rest) && !anyOf && !oneOf && !values && !$ref && (type === undefined || (type === 'object' && !properties))

function textOf({ pattern, format, minLength = 0, maxLength }: Json, isFull: boolean): string {
  const fits = (text: string) =>
    (pattern === undefined || new RegExp(pattern as string, 'u').test(text)) &&
    text.length >= Number(minLength) &&
    text.length <= Number(maxLength ?? text.length)
  if (format === 'date-time') return '2026-01-01T00:00:00Z'
  if (format === 'uri') return 'https://example.org/'
  if (isFull && maxLength !== undefined && pattern === undefined && format === undefined) return 'é'.repeat(Number(maxLength))
  return texts.find(fits) ?? 'x'.repeat(Number(minLength))
}
