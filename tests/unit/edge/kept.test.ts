import fc from 'fast-check'
import { expect, test } from 'vitest'
import { z } from 'zod'
import { canonicalJson } from '../../../workers/edge/canonical.ts'
import { keptOf } from '../../../workers/edge/kept.ts'

const schema = z.object({
  name: z.string(),
  count: z.number().default(1),
  at: z
    .string()
    .transform((text) => Date.parse(text))
    .optional(),
  tags: z.array(z.object({ id: z.string() })).optional(),
  data: z.record(z.string(), z.unknown()).optional(),
})
const kept = (given: unknown) => keptOf(given, schema.parse(given))

test('what a schema keeps is what was said, without defaults and as it was spelt', () => {
  expect(kept({ name: 'a' })).toEqual({ name: 'a' })
  expect(kept({ name: 'a', count: 1 })).toEqual({ name: 'a', count: 1 })
  expect(kept({ name: 'a', at: '2026-01-01' })).toEqual({ name: 'a', at: '2026-01-01' })
})

test('what nobody keeps is left out, at every level', () => {
  const given = JSON.parse('{"name":"a","x":1,"tags":[{"id":"t","y":2},{"id":"u"}],"data":{"x":{"y":3}},"__proto__":1}')
  expect(kept(given)).toEqual({ name: 'a', tags: [{ id: 't' }, { id: 'u' }], data: { x: { y: 3 } } })
})

test('is never looked at where it is not kept: its cost is of what is', () => {
  const looked: PropertyKey[] = []
  const given = new Proxy({ name: 'a' } as Record<string, unknown>, {
    get(target, member) {
      looked.push(member)
      return Reflect.get(target, member)
    },
    ownKeys: () => expect.unreachable('all members were asked for'),
  })
  expect(canonicalJson(keptOf(given, { name: 'a', count: 1 }))).toBe('{"name":"a"}')
  expect(looked).toEqual(['name'])
})

test('two bodies of which a schema keeps different things are different', () => {
  const body = fc.record(
    {
      name: fc.constantFrom('a', 'b'),
      count: fc.integer({ min: 1, max: 2 }),
      tags: fc.array(fc.record({ id: fc.constantFrom('t', 'u') })),
    },
    { requiredKeys: ['name'] },
  )
  fc.assert(
    fc.property(body, body, (one, other) => {
      const isSame = canonicalJson(one) === canonicalJson(other)
      expect(canonicalJson(kept({ ...one, stranger: 1 })) === canonicalJson(kept({ ...other, stranger: 2 }))).toBe(isSame)
    }),
  )
})
