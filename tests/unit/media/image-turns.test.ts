// Who waits for whom where images are made: workspaces side by side, on a clock of the test's.

import { beforeEach, describe, expect, test } from 'vitest'
import { ok } from '../../../domain/result.ts'
import type { EdgeParts } from '../../../workers/edge/parts.ts'
import { findVariant, type WantedVariant } from '../../../workers/media/image-variants.ts'
import { newMediaMemory } from '../../../workers/media/media-memory.ts'
import { heaviestImage, imageWeight } from '../../../workers/media/media-shares.ts'
import type { Services } from '../../../workers/services.ts'

const large = { width: 10_000, height: 10_000 }
const small = { width: 640, height: 480 }
let nowMs: number
/** Images that are being made; each is done when its test says so. */
let making: { name: string; finish: () => void }[]
let read: string[]
let kept: Map<string, Uint8Array>
/** Who waits for the next look. */
let paused: (() => void)[]

beforeEach(() => {
  nowMs = 1_000_000
  making = []
  read = []
  kept = new Map()
  paused = []
})

function isolate(over: Partial<Pick<EdgeParts, 'addressLimits'>> = {}) {
  const services = {
    now: () => nowMs,
    pause: () => new Promise<void>((resolve) => void paused.push(resolve)),
    mediaMemory: newMediaMemory(),
    blobs: {
      head: async (key: string) => (kept.has(key) ? { size: 5, sha256: 'ab'.repeat(32), contentType: 'image/png' } : null),
      putNew: async (key: string, bytes: Uint8Array) => !kept.has(key) && kept.set(key, bytes) !== undefined,
    },
    origin: {
      async read(key: string) {
        read.push(key)
        return ok(key)
      },
    },
    images: {
      transform: (key: string) =>
        new Promise((resolve) => {
          making.push({ name: key.slice(0, 10), finish: () => resolve(ok({ bytes: new Uint8Array(5), contentType: 'image/png' })) })
        }),
    },
  } as unknown as Services
  const parts = { services, log: () => {}, addressLimits: { transform: async () => true }, ...over } as unknown as EdgeParts
  let count = 0
  const ask = (workspaceId: string, size: { width?: number; height?: number }, rest: Partial<WantedVariant> = {}) =>
    findVariant(parts, {
      workspaceId: workspaceId.padEnd(10, '_'),
      media: { ...size, blobId: `blob${++count}` } as WantedVariant['media'],
      variant: { width: 64, height: 64, fit: 'cover', format: 'image/png', quality: 80 },
      address: '192.0.2.1',
      isAnonymous: true,
      ...rest,
    })
  return { ask, services }
}

async function look(): Promise<void> {
  nowMs += 50
  for (const go of paused.splice(0)) go()
  await new Promise((resolve) => setImmediate(resolve))
}

/** The workspaces of what is being made, once there are so many, or as many as there will be for now. */
async function begun(count: number): Promise<string[]> {
  for (let i = 0; i < 20 && making.length < count; i++) await look()
  return making.map(({ name }) => name.replaceAll('_', ''))
}

/** Whatever is begun is finished, until all have their answer. */
async function answered<T>(asked: Promise<T>[]): Promise<T[]> {
  let isDone = false
  const all = Promise.all(asked).finally(() => {
    isDone = true
  })
  while (!isDone) {
    for (const one of making) one.finish()
    await look()
  }
  return all
}

test.each([
  ['public', true],
  ['private', false],
])('six large %s pictures of one workspace do not keep the thumbnail of another waiting', async (_, isAnonymous) => {
  const { ask } = isolate()
  const theirs = Array.from({ length: 6 }, () => ask('greedy', large, { isAnonymous }))
  expect(await begun(1)).toEqual(['greedy'])
  const thumbnail = ask('other', small)
  expect(await begun(2)).toEqual(['greedy', 'other'])
  making[1]?.finish()
  expect((await thumbnail).ok).toBe(true)
  expect((await answered(theirs)).map(({ ok }) => ok)).toEqual(theirs.map(() => true))
})

test('whoever finds their workspace’s line full is told so at once, and nobody else is', async () => {
  const { ask } = isolate()
  const asked = Array.from({ length: 12 }, () => ask('greedy', large))
  const refused = await asked[11]
  expect(refused?.ok === false && [refused.error.code, refused.error.retryAfterSeconds]).toEqual(['server/overloaded', 2])
  expect(nowMs).toBe(1_000_000)
  ask('other', large, { isAnonymous: false })
  expect(await begun(2)).toEqual(['greedy', 'other'])
})

test('callers whom nobody knows have not all of it together', async () => {
  const { ask } = isolate()
  ask('a', large)
  ask('b', large)
  expect(await begun(1)).toEqual(['a'])
  ask('c', large, { isAnonymous: false })
  expect(await begun(2)).toEqual(['a', 'c'])
})

test('a page of thumbnails is made, eight at once, and none is refused', async () => {
  const { ask } = isolate()
  const page = Array.from({ length: 60 }, () => ask('a', small))
  expect(await begun(8)).toHaveLength(8)
  expect((await answered(page)).every(({ ok }) => ok)).toBe(true)
})

test('a maker that is cancelled holds its place for half a minute', async () => {
  const { ask } = isolate()
  ask('a', large)
  await begun(1)
  const next = ask('a', large)
  nowMs += 30_000
  await begun(2)
  making[1]?.finish()
  expect((await next).ok).toBe(true)
})

test('of one image no more wait than may, and they do not stand in the line', async () => {
  const { ask } = isolate()
  const media = { ...small, blobId: 'same' } as WantedVariant['media']
  const asked = Array.from({ length: 70 }, () => ask('a', small, { media }))
  expect(await begun(2)).toEqual(['a'])
  const refused = await asked[69]
  expect(refused?.ok === false && refused.error.code).toBe('server/overloaded')
  const answers = await answered(asked)
  expect([answers.filter(({ ok }) => ok).length, making.length]).toEqual([65, 1])
})

describe('an image weighs', () => {
  const cover = (size: number) => ({ width: size, height: size, fit: 'cover' }) as const
  test.each([
    ['as little as any', imageWeight(small, cover(64)), 8],
    ['by its original’s pixels', imageWeight({ width: 5000, height: 10_000 }, cover(64)), heaviestImage / 2],
    ['by those of what is made', imageWeight({ width: 3000, height: 3000 }, cover(2048)), 52],
    ['the most, where nobody knows its size', imageWeight({}, cover(64)), heaviestImage],
    ['the most, where nobody knows how large it will be', imageWeight({}, { width: 64, fit: 'scale-down' }), heaviestImage],
    ['as what is made, where nothing grows', imageWeight({ width: 300, height: 200 }, { width: 2048, fit: 'scale-down' }), 8],
    ['as its original, where it stays as large', imageWeight({ width: 1600, height: 1600 }, { fit: 'scale-down' }), 32],
    ['no more than the heaviest', imageWeight({ width: 9000, height: 9000 }, { fit: 'scale-down' }), heaviestImage],
  ])('%s', (_, weight, expected) => {
    expect(weight).toBe(expected)
  })
})
