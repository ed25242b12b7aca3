// R2 and its copy as one origin: whoever can be served is, and an R2 that hangs costs one reader its patience.

import { beforeEach, describe, expect, test } from 'vitest'
import type { BlobCopies, BlobFailure, BlobReader, Span } from '../../../domain/media/blobs.ts'
import { fail, ok, type Result } from '../../../domain/result.ts'
import { inTime, originWithCopies } from '../../../workers/media/origins.ts'

type How = 'has' | 'not_found' | 'unavailable' | 'hangs' | 'throws'

let nowMs: number
let asked: string[]
let cancelled: string[]
let r2: How
let s3: How
/** Answers of readers that hang, to be given after all. */
let late: (() => void)[]

beforeEach(() => {
  nowMs = 0
  asked = []
  cancelled = []
  r2 = 'has'
  s3 = 'has'
  late = []
})

const body = (text: string) =>
  new ReadableStream<Uint8Array>({
    pull(controller) {
      controller.enqueue(new TextEncoder().encode(text))
      controller.close()
    },
    cancel: () => void cancelled.push(text),
  })

const failed = (code: BlobFailure['code'], name: string) => fail<BlobFailure>({ code, detail: `${name} ${code}` })

const reader = (name: string, how: () => How): BlobReader => ({
  async read(key: string, span?: Span): Promise<Result<ReadableStream<Uint8Array>, BlobFailure>> {
    asked.push(`${name} ${key}${span ? ` ${span.offset}+${span.length}` : ''}`)
    switch (how()) {
      case 'has':
        return ok(body(`from ${name}`))
      case 'not_found':
        return failed('blob/not_found', name)
      case 'unavailable':
        return failed('blob/unavailable', name)
      case 'throws':
        throw new Error(`${name} broke`)
      case 'hangs':
        return new Promise((resolve) => late.push(() => resolve(ok(body(`late from ${name}`)))))
    }
  },
})

const first = reader('r2', () => r2)
const copies = reader('s3', () => s3) as BlobCopies
const patienceMs = 15

async function readFrom(origin: BlobReader, span?: Span): Promise<string> {
  const read = await origin.read('k', span)
  return read.ok ? new Response(read.value).text() : read.error.code
}

describe('with a copy', () => {
  test.each<[How, How, string, string[]]>([
    ['has', 'has', 'from r2', ['r2 k']],
    ['unavailable', 'has', 'from s3', ['r2 k', 's3 k']],
    ['not_found', 'has', 'from s3', ['r2 k', 's3 k']],
    ['hangs', 'has', 'from s3', ['r2 k', 's3 k']],
    ['throws', 'has', 'from s3', ['r2 k', 's3 k']],
    ['not_found', 'not_found', 'blob/not_found', ['r2 k', 's3 k']],
    ['not_found', 'unavailable', 'blob/unavailable', ['r2 k', 's3 k']],
    ['unavailable', 'not_found', 'blob/unavailable', ['r2 k', 's3 k']],
    ['unavailable', 'unavailable', 'blob/unavailable', ['r2 k', 's3 k']],
    ['hangs', 'unavailable', 'blob/unavailable', ['r2 k', 's3 k']],
  ])('R2 %s, the copy %s: %s', async (isR2, isS3, answer, calls) => {
    r2 = isR2
    s3 = isS3
    expect(await readFrom(originWithCopies(first, copies, () => nowMs, patienceMs))).toBe(answer)
    expect(asked).toEqual(calls)
  })

  test('a span is a span of either', async () => {
    const origin = originWithCopies(first, copies, () => nowMs, patienceMs)
    r2 = 'unavailable'
    await readFrom(origin, { offset: 5, length: 7 })
    expect(asked).toEqual(['r2 k 5+7', 's3 k 5+7'])
  })

  test('an R2 that hangs is asked again after ten seconds, and by one reader at a time', async () => {
    const origin = originWithCopies(first, copies, () => nowMs, patienceMs)
    r2 = 'hangs'
    await readFrom(origin)
    asked.length = 0
    for (let i = 0; i < 20; i += 1) expect(await readFrom(origin)).toBe('from s3')
    expect(asked).toEqual(Array.from({ length: 20 }, () => 's3 k'))
    nowMs += 10_000
    asked.length = 0
    expect(await Promise.all([readFrom(origin), readFrom(origin), readFrom(origin)])).toEqual(['from s3', 'from s3', 'from s3'])
    expect(asked.filter((call) => call === 'r2 k')).toHaveLength(1)
  })

  test('an R2 that is back is the first again', async () => {
    const origin = originWithCopies(first, copies, () => nowMs, patienceMs)
    r2 = 'unavailable'
    await readFrom(origin)
    r2 = 'has'
    expect(await readFrom(origin)).toBe('from s3')
    nowMs += 10_000
    expect([await readFrom(origin), await readFrom(origin)]).toEqual(['from r2', 'from r2'])
  })

  test('what has not been copied yet is asked of R2 all the same', async () => {
    const origin = originWithCopies(first, copies, () => nowMs, patienceMs)
    r2 = 'unavailable'
    await readFrom(origin)
    r2 = 'has'
    s3 = 'not_found'
    expect(await readFrom(origin)).toBe('from r2')
  })

  test('that something is not there says nothing against R2', async () => {
    const origin = originWithCopies(first, copies, () => nowMs, patienceMs)
    r2 = 'not_found'
    await readFrom(origin)
    r2 = 'has'
    expect(await readFrom(origin)).toBe('from r2')
  })

  test('an answer that comes too late is let go', async () => {
    const origin = originWithCopies(first, copies, () => nowMs, patienceMs)
    r2 = 'hangs'
    expect(await readFrom(origin)).toBe('from s3')
    for (const answer of late) answer()
    await new Promise((resolve) => setImmediate(resolve))
    expect(cancelled).toEqual(['late from r2'])
  })

  test('why neither could is told of both', async () => {
    r2 = 'unavailable'
    s3 = 'not_found'
    const read = await originWithCopies(first, copies, () => nowMs, patienceMs).read('k')
    expect(read.ok ? null : read.error.detail).toBe('r2 blob/unavailable; s3 blob/not_found')
  })
})

describe('without a copy', () => {
  test.each<[How, string]>([
    ['has', 'from r2'],
    ['not_found', 'blob/not_found'],
    ['unavailable', 'blob/unavailable'],
    ['hangs', 'blob/unavailable'],
    ['throws', 'blob/unavailable'],
  ])('R2 %s: %s', async (how, answer) => {
    r2 = how
    const origin = originWithCopies(first, null, () => nowMs, patienceMs)
    expect(await readFrom(origin)).toBe(answer)
    expect(asked).toEqual(['r2 k'])
  })
})

test('work that ends in time is told; what fails or does not end is not', async () => {
  expect(await inTime(Promise.resolve('done'), patienceMs)).toBe('done')
  expect(await inTime(Promise.reject(new Error('no')), patienceMs)).toBeNull()
  expect(await inTime(new Promise(() => {}), patienceMs)).toBeNull()
})
