import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { logItemSortKey, parsePosition, partitionKey, positionText } from '../../../../aws-core/dynamodb/keys.ts'
import type { LogRef, Position } from '../../../../domain/log/types.ts'

// Ids of the alphabet, ids made of what the keys are made of, and anything else that is text.
const id = fc.oneof(
  fc.string({ unit: fc.constantFrom(...'aZ09_-.:|@'), minLength: 1, maxLength: 8 }),
  fc.string({ unit: fc.constantFrom('#', '%', 'W', 'P', '2', '3', '#W', '#P#'), minLength: 1, maxLength: 6 }),
  fc.string({ unit: 'binary', minLength: 1, maxLength: 5 }),
)
const log: fc.Arbitrary<LogRef> = fc.oneof(
  fc.record({ workspaceId: id, kind: fc.constant('player' as const), entityId: id }),
  id.map((workspaceId) => ({ workspaceId, kind: 'workspace' as const, entityId: workspaceId })),
)
const position: fc.Arbitrary<Position> = fc.record({ incarnation: fc.nat(999_999), sequence: fc.nat({ max: 999_999_999_999 }) })

describe('partitionKey', () => {
  test('writes the ids of the alphabet as they are', () => {
    expect(partitionKey({ workspaceId: 'ws00000001', kind: 'player', entityId: 'aZ09_-.:|@' })).toBe('W#ws00000001#P#aZ09_-.:|@')
    expect(partitionKey({ workspaceId: 'ws00000001', kind: 'workspace', entityId: 'ws00000001' })).toBe('W#ws00000001#W')
  })

  test('writes everything else as the bytes of its UTF-8', () => {
    expect(partitionKey({ workspaceId: 'w', kind: 'player', entityId: 'a#b%c é' })).toBe('W#w#P#a%23b%25c%20%C3%A9')
  })

  test('two logs share a key only when they are one', () => {
    const property = fc.property(log, log, (one, other) => {
      const same = one.workspaceId === other.workspaceId && one.kind === other.kind && one.entityId === other.entityId
      return (partitionKey(one) === partitionKey(other)) === same
    })
    fc.assert(property, {
      numRuns: 2_000,
      examples: [
        [
          { workspaceId: 'a', kind: 'player', entityId: 'b#W' },
          { workspaceId: 'a#P#b', kind: 'workspace', entityId: 'a#P#b' },
        ],
        [
          { workspaceId: 'a', kind: 'player', entityId: '#' },
          { workspaceId: 'a', kind: 'player', entityId: '%23' },
        ],
      ],
    })
  })

  test('refuses what names nothing', () => {
    for (const entityId of ['', '\ud800']) expect(() => partitionKey({ workspaceId: 'w', kind: 'player', entityId })).toThrow(RangeError)
    expect(() => partitionKey({ workspaceId: 'w', kind: 'workspace', entityId: 'other' })).toThrow(RangeError)
  })
})

describe('positions and sort keys', () => {
  test('look as the table says', () => {
    expect(positionText({ incarnation: 1, sequence: 42 })).toBe('000001#000000000042')
    expect(logItemSortKey(1, 42)).toBe('L#000001#000000000042')
  })

  test('come back, and sort as the log does', () => {
    const property = fc.property(position, position, (one, other) => {
      expect(parsePosition(positionText(one))).toEqual(one)
      const order = one.incarnation - other.incarnation || one.sequence - other.sequence
      const [a, b] = [positionText(one), positionText(other)]
      expect(a < b ? -1 : a > b ? 1 : 0).toBe(Math.sign(order))
      expect(logItemSortKey(one.incarnation, one.sequence)).toBe(`L#${a}`)
    })
    fc.assert(property, { numRuns: 500 })
  })

  test.each([undefined, null, 42, '', '1#2', '000001#000000000042 ', '00000a#000000000042'])('%j is no position', (text) => {
    expect(parsePosition(text)).toBeNull()
  })

  test.each([-1, 1.5, Number.NaN, 1_000_000])('%d does not fit a writer', (writer) => {
    expect(() => logItemSortKey(writer, 1)).toThrow(RangeError)
  })
})
