// The cases of the W3C Recommendation (Trace Context level 1, sections 3.2 and 3.3), as its own test suite sorts them.
// Values travel through Headers, as on the wire: outer white space is gone, and a header sent twice is joined.

import { describe, expect, test } from 'vitest'
import { childOf, formatTraceparent, isInShare, isSampled, newTrace, parseTraceparent } from '../../../domain/telemetry/trace-context.ts'

const trace = '0af7651916cd43dd8448eb211c80319c'
const span = 'b7ad6b7169203331'

function parsed(parents: string[], states: string[] = []) {
  const headers = new Headers()
  for (const one of parents) headers.append('traceparent', one)
  for (const one of states) headers.append('tracestate', one)
  return parseTraceparent(headers.get('traceparent') ?? '', headers.get('tracestate'))
}

describe('traceparent', () => {
  test.each([
    ['sampled', `00-${trace}-${span}-01`, 1],
    ['not sampled', `00-${trace}-${span}-00`, 0],
    ['sampled and random (level 2)', `00-${trace}-${span}-03`, 3],
    ['flags that nobody has defined are not passed on', `00-${trace}-${span}-ff`, 3],
    ['one bit among others', `00-${trace}-${span}-09`, 1],
    ['white space around it', ` \t00-${trace}-${span}-01 \t`, 1],
    ['a higher version of the same length', `cc-${trace}-${span}-01`, 1],
    ['a higher version with more to say', `cc-${trace}-${span}-01-what-comes-later`, 1],
    ['a higher version that ends with a dash', `01-${trace}-${span}-00-`, 0],
  ])('taken: %s', (_, text, flags) => {
    expect(parsed([text])).toEqual({ traceId: trace, spanId: span, flags })
  })

  test.each([
    ['nothing', ''],
    ['version ff', `ff-${trace}-${span}-01`],
    ['version 00 with more to say', `00-${trace}-${span}-01-what-comes-later`],
    ['version 00 with a character too many', `00-${trace}-${span}-01.`],
    ['a higher version that goes on without a dash', `cc-${trace}-${span}-01.later`],
    ['a higher version that is too short', `cc-${trace}-${span}-0`],
    ['an illegal character in the version', `.0-${trace}-${span}-01`],
    ['an upper-case version', `CC-${trace}-${span}-01`],
    ['a version of one digit', `0-${trace}-${span}-01`],
    ['a version of three digits', `000-${trace}-${span}-01`],
    ['an upper-case trace id', `00-${trace.toUpperCase()}-${span}-01`],
    ['a trace id of zeros', `00-${'0'.repeat(32)}-${span}-01`],
    ['an illegal character in the trace id', `00-.${trace.slice(1)}-${span}-01`],
    ['a trace id that is too long', `00-${trace}0-${span}-01`],
    ['a trace id that is too short', `00-${trace.slice(1)}-${span}-01`],
    ['an upper-case parent id', `00-${trace}-${span.toUpperCase()}-01`],
    ['a parent id of zeros', `00-${trace}-${'0'.repeat(16)}-01`],
    ['an illegal character in the parent id', `00-${trace}-${span.slice(1)}.-01`],
    ['a parent id that is too long', `00-${trace}-${span}0-01`],
    ['a parent id that is too short', `00-${trace}-${span.slice(1)}-01`],
    ['illegal flags', `00-${trace}-${span}-.0`],
    ['flags that are too long', `00-${trace}-${span}-001`],
    ['flags that are too short', `00-${trace}-${span}-1`],
    ['zeros in a higher version', `cc-${'0'.repeat(32)}-${span}-01`],
    ['white space inside', `00-${trace}- ${span.slice(1)}-01`],
  ])('ignored: %s', (_, text) => {
    expect(parsed([text])).toBeNull()
  })

  test('two of them are none, of whatever version', () => {
    const other = trace.replace('0af', '1af')
    expect(parsed([`00-${trace}-${span}-01`, `00-${other}-${span}-01`])).toBeNull()
    expect(parsed([`cc-${trace}-${span}-01`, `cc-${other}-${span}-01`])).toBeNull()
  })

  test('what goes out is version 00, in the same trace, with a parent of its own', () => {
    const caller = parsed([`cc-${trace}-${span}-01-later`])
    const child = caller && childOf(caller, '00f067aa0ba902b7')
    expect(child && formatTraceparent(child)).toBe(`00-${trace}-00f067aa0ba902b7-01`)
  })
})

const list = (from: number, to: number) => Array.from({ length: to - from + 1 }, (_, i) => `bar${from + i}=${from + i}`).join(',')

describe('tracestate', () => {
  const state = (...given: string[]) => parsed([`00-${trace}-${span}-01`], given)?.state

  test.each([
    ['one member', ['foo=1'], 'foo=1'],
    ['several headers are one list', ['foo=1,bar=2', 'rojo=1,congo=2', 'baz=3'], 'foo=1,bar=2, rojo=1,congo=2, baz=3'],
    ['white space around members', ['foo=1 \t , \t bar=2, \t baz=3'], 'foo=1 \t , \t bar=2, \t baz=3'],
    ['empty members', ['foo=1,,bar=2,'], 'foo=1,,bar=2,'],
    ['every character of a key', ['abcdefghijklmnopqrstuvwxyz0123456789_-*/=1'], 'abcdefghijklmnopqrstuvwxyz0123456789_-*/=1'],
    ['a tenant', ['0tenant-*/@system_1=1'], '0tenant-*/@system_1=1'],
    ['every printable character of a value', ['a= !"#$%&\'()*+-./0:;<>?@A[\\]^_`a{|}~'], 'a= !"#$%&\'()*+-./0:;<>?@A[\\]^_`a{|}~'],
    ['a key of 256 characters', [`${'z'.repeat(256)}=1`], `${'z'.repeat(256)}=1`],
    ['a tenant of 241 and a system of 14', [`${'t'.repeat(241)}@${'v'.repeat(14)}=1`], `${'t'.repeat(241)}@${'v'.repeat(14)}=1`],
    ['32 members', [list(1, 32)], list(1, 32)],
    ['512 characters', [`a=${'v'.repeat(256)},b=${'v'.repeat(251)}`], `a=${'v'.repeat(256)},b=${'v'.repeat(251)}`],
  ])('passed on unchanged: %s', (_, given, expected) => {
    expect(state(...given)).toBe(expected)
  })

  test.each([
    ['nothing', ''],
    ['only commas', ', ,'],
    ['the same key twice', 'foo=1,foo=2'],
    ['a space in a key', 'foo =1'],
    ['an upper-case key', 'FOO=1'],
    ['a dot in a key', 'foo.bar=1'],
    ['a key that begins with a digit', '1foo=1'],
    ['a tenant without a system', 'foo@=1,bar=2'],
    ['a system without a tenant', '@foo=1,bar=2'],
    ['two at signs', 'foo@@bar=1,bar=2'],
    ['three parts', 'foo@bar@baz=1,bar=2'],
    ['no equals sign', 'foo'],
    ['an equals sign too many', 'foo=bar=baz'],
    ['no value', 'foo=,bar=3'],
    ['a key of 257 characters', `${'z'.repeat(257)}=1`],
    ['a tenant of 242', `${'t'.repeat(242)}@v=1`],
    ['a system of 15', `t@${'v'.repeat(15)}=1`],
    ['a value of 257', `a=${'v'.repeat(257)}`],
    ['33 members', list(1, 33)],
    ['513 characters', `a=${'v'.repeat(256)},b=${'v'.repeat(252)}`],
    ['a letter beyond ASCII', 'foo=\u00e9'],
  ])('dropped: %s', (_, given) => {
    expect(state(given)).toBeUndefined()
    expect(parsed([`00-${trace}-${span}-01`], [given])).toMatchObject({ traceId: trace })
  })

  test('is not looked at when the parent is invalid', () => {
    expect(parsed(['00-x'], ['foo=1'])).toBeNull()
  })
})

describe('sampling', () => {
  const ids = Array.from({ length: 4000 }, (_, i) => (BigInt(i + 1) * 0x9e3779b97f4a7c15f39cc0605cedc835n) & ((1n << 128n) - 1n)).map(
    (id) => id.toString(16).padStart(32, '0'),
  )

  test('keeps about the share, all of 1 and none of 0, and with a larger share all that a smaller one kept', () => {
    const kept = (share: number) => ids.filter((id) => isInShare(id, share))
    expect([kept(0).length, kept(1).length]).toEqual([0, ids.length])
    expect(Math.abs(kept(0.25).length / ids.length - 0.25)).toBeLessThan(0.05)
    expect(kept(0.5)).toEqual(expect.arrayContaining(kept(0.25)))
  })

  test('a trace that begins here has random ids and says so; its flag follows from its id', () => {
    const randomHex = (bytes: number) => 'f'.repeat(bytes * 2)
    expect(newTrace(randomHex, 0.5)).toEqual({ traceId: 'f'.repeat(32), spanId: 'f'.repeat(16), flags: 3 })
    expect(isSampled(newTrace(() => `${'f'.repeat(19)}${'0'.repeat(13)}${'a'.repeat(16)}`, 0.5))).toBe(false)
  })
})
