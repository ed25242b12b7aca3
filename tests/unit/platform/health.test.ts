// Readiness is asked by anybody, as often as they like: it costs the parts one look a second, whoever asks.

import { expect, test } from 'vitest'
import { fail, ok } from '../../../domain/result.ts'
import { rememberedReadiness } from '../../../workers/platform/health.ts'

function platform() {
  let nowMs = 1_000_000
  const asked: string[] = []
  const it = { holding: undefined as Promise<void> | undefined, regionUp: true }
  const region = {
    region: 'eu-west-1',
    ping: async () => {
      asked.push('region')
      await it.holding
      return it.regionUp ? ok({ tookMs: 1 }) : fail({ code: 'region/unavailable', region: 'eu-west-1', detail: 'down' })
    },
  }
  const services = {
    now: () => nowMs,
    pause: () => new Promise<void>((resolve) => setImmediate(resolve)),
    leaderboard: () => ({ rank: async () => '{}' }),
    pingPending: async () => true,
    index: { ping: async () => true },
    regions: [region],
  }
  const pass = (ms: number) => {
    nowMs += ms
  }
  const look = rememberedReadiness(services as unknown as Parameters<typeof rememberedReadiness>[0])
  return Object.assign(it, { look, asked, pass })
}

const regionOf = ({ parts }: { parts: { name: string; up: boolean }[] }) => parts.find(({ name }) => name === 'eu-west-1')?.up

test('a hundred calls within a second ask the regions once', async () => {
  const { look, asked } = platform()
  for (let i = 0; i < 100; i++) expect((await look()).ready).toBe(true)
  expect(asked).toHaveLength(1)
})

test('a second later it looks again, and says what it sees then', async () => {
  const it = platform()
  expect(regionOf(await it.look())).toBe(true)
  it.regionUp = false
  expect(regionOf(await it.look())).toBe(true)
  it.pass(1_000)
  expect(regionOf(await it.look())).toBe(false)
  expect(it.asked).toHaveLength(2)
})

test('while one looks, the others are told what was seen last; none waits and none asks', async () => {
  const it = platform()
  await it.look()
  it.pass(1_000)
  let release = () => {}
  it.holding = new Promise((resolve) => (release = resolve))
  it.regionUp = false
  const looking = it.look()
  const others = await Promise.all(Array.from({ length: 100 }, () => it.look()))
  expect(others.map(regionOf)).toEqual(Array.from({ length: 100 }, () => true))
  expect(it.asked).toHaveLength(2)
  release()
  expect(regionOf(await looking)).toBe(false)
})

test('a hundred first calls at once: one looks, and the others are told what it saw', async () => {
  const it = platform()
  const seen = await Promise.all(Array.from({ length: 100 }, () => it.look()))
  expect(seen.every(({ ready }) => ready)).toBe(true)
  expect(it.asked).toHaveLength(1)
})
