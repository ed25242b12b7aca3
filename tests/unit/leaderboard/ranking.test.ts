// The ranking against the plainest thing that could be right: an array, sorted again for every question.

import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { compareCodePoints, type Member } from '../../../durable-objects/leaderboard/order.ts'
import { Ranking } from '../../../durable-objects/leaderboard/ranking.ts'

const bytes = (text: string) => Buffer.from(text, 'utf8')

function naive(members: Map<string, Member>) {
  const sorted = [...members.values()].sort(
    (a, b) => b.score - a.score || Buffer.compare(bytes(a.name), bytes(b.name)) || Buffer.compare(bytes(a.id), bytes(b.id)),
  )
  const rankOf = (member: Member) => 1 + sorted.filter((other) => other.score > member.score).length
  const ranked = (from: number, to: number) =>
    sorted.slice(Math.max(0, from), Math.max(0, to)).map((member) => ({ rank: rankOf(member), member }))
  return { sorted, rankOf, ranked }
}

/** Names that fall on both sides of the surrogates, and share prefixes. */
const nameArbitrary = fc.string({
  unit: fc.constantFrom('a', 'b', 'é', '\ud7ff', '\ue000', '\uff5e', '\u{10000}', '\u{1f600}', '\u{10ffff}', '"', '\u0001'),
  maxLength: 4,
})
const idArbitrary = fc.nat({ max: 400 }).map((id) => `u${id}`)
const scoreArbitrary = fc.oneof(fc.integer({ min: -3, max: 3 }), fc.maxSafeInteger())
const memberArbitrary = fc.record({ id: idArbitrary, name: nameArbitrary, score: scoreArbitrary })
const operationArbitrary = fc.oneof(
  { weight: 3, arbitrary: memberArbitrary.map((member) => ({ kind: 'upsert' as const, member })) },
  { weight: 1, arbitrary: idArbitrary.map((id) => ({ kind: 'remove' as const, id })) },
)

describe('the order of names', () => {
  it('is the order of their UTF-8 bytes', () => {
    fc.assert(
      fc.property(nameArbitrary, nameArbitrary, (a, b) => Math.sign(compareCodePoints(a, b)) === Buffer.compare(bytes(a), bytes(b))),
      { numRuns: 1000 },
    )
  })

  it('puts U+FF5E before an emoji, where UTF-16 would not', () => {
    expect('\uff5e' < '\u{1f600}').toBe(false)
    expect(compareCodePoints('\uff5e', '\u{1f600}')).toBeLessThan(0)
  })
})

describe('Ranking', () => {
  it('answers as a sorted array does, whatever was added, renamed and removed', () => {
    fc.assert(
      fc.property(
        fc.array(memberArbitrary, { maxLength: 300 }),
        fc.array(operationArbitrary, { maxLength: 400 }),
        fc.nat(400),
        fc.nat(40),
        (initial, operations, offset, limit) => {
          const model = new Map(initial.map((member) => [member.id, member as Member]))
          const ranking = Ranking.from([...model.values()])
          for (const operation of operations) {
            if (operation.kind === 'upsert') {
              model.set(operation.member.id, operation.member)
              ranking.upsert(operation.member)
            } else expect(ranking.remove(operation.id)).toBe(model.delete(operation.id))
          }
          const { sorted, rankOf, ranked } = naive(model)
          expect(ranking.size).toBe(model.size)
          expect(ranking.page(0, Number.MAX_SAFE_INTEGER)).toEqual(ranked(0, sorted.length))
          expect(ranking.page(offset, limit)).toEqual(ranked(offset, offset + limit))
          for (let id = 0; id <= 400; id += 7) {
            const member = model.get(`u${id}`)
            const at = member ? sorted.indexOf(member) : -1
            expect(ranking.rank(`u${id}`)).toBe(member ? rankOf(member) : null)
            expect(ranking.around(`u${id}`, limit)).toEqual(member ? ranked(at - limit, at + limit + 1) : [])
          }
          expect(new Set(ranking.ids())).toEqual(new Set(model.keys()))
        },
      ),
      { numRuns: 60 },
    )
  })

  it('shares a rank between equal scores and leaves the gap: 1 2 2 4', () => {
    const ranking = new Ranking()
    for (const [id, score] of Object.entries({ d: 1, b: 2, a: 3, c: 2 })) ranking.upsert({ id, name: id, score })
    expect(ranking.page(0, 10).map(({ rank, member }) => `${rank}${member.id}`)).toEqual(['1a', '2b', '2c', '4d'])
    expect(ranking.page(2, 1)).toEqual([{ rank: 2, member: { id: 'c', name: 'c', score: 2 } }])
  })

  it('refuses what is not a safe integer, and changes nothing', () => {
    const ranking = Ranking.from([{ id: 'a', name: 'a', score: 1 }])
    for (const score of [0.5, Number.NaN, Number.POSITIVE_INFINITY, 2 ** 53]) {
      expect(() => ranking.upsert({ id: 'a', name: 'a', score })).toThrow(RangeError)
    }
    expect(ranking.page(0, 1)).toEqual([{ rank: 1, member: { id: 'a', name: 'a', score: 1 } }])
  })

  it('shrinks to nothing and grows again', () => {
    const ranking = new Ranking()
    const members = Array.from({ length: 5000 }, (_, n) => ({ id: `u${n}`, name: `n${n % 97}`, score: (n * 7919) % 1000 }))
    for (let round = 0; round < 3; round++) {
      for (const member of members) ranking.upsert(member)
      expect(ranking.size).toBe(5000)
      for (const member of members) ranking.remove(member.id)
      expect(ranking.page(0, 10)).toEqual([])
    }
  })

  it('holds 100,000 members, one by one and in bulk, alike', () => {
    const members = Array.from({ length: 100_000 }, (_, n) => ({
      id: `u${n}`,
      name: `name ${(n * 31) % 1009}`,
      score: (n * 2_654_435_761) % 50_000,
    }))
    const bulk = Ranking.from(members)
    const grown = new Ranking()
    for (const member of members) grown.upsert(member)
    const { sorted } = naive(new Map(members.map((member) => [member.id, member])))
    expect(bulk.page(0, members.length).map(({ member }) => member)).toEqual(sorted)
    expect(grown.page(0, members.length)).toEqual(bulk.page(0, members.length))
    for (let n = 0; n < members.length; n += 3) {
      const moved = { id: `u${n}`, name: 'moved', score: n }
      bulk.upsert(moved)
      grown.upsert(moved)
    }
    expect(grown.page(50_000, 1000)).toEqual(bulk.page(50_000, 1000))
    expect(grown.around('u99', 5)).toEqual(bulk.around('u99', 5))
  })
})
