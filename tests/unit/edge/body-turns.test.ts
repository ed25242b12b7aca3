// Bodies that are held whole: those of one workspace do not fill the isolate.

import { Hono } from 'hono'
import { beforeEach, expect, test } from 'vitest'
import { ok } from '../../../domain/result.ts'
import { readBody } from '../../../workers/edge/body.ts'
import type { EdgeEnv, Exchange } from '../../../workers/edge/exchange.ts'
import { bodyTurn, newEdgeShares } from '../../../workers/edge/limits/edge-shares.ts'

const mib = 1024 ** 2
const limit = 6 * mib
let nowMs: number
let paused: (() => void)[]
beforeEach(() => {
  nowMs = 0
  paused = []
})

async function pass(ms: number): Promise<void> {
  nowMs += ms
  for (const go of paused.splice(0)) go()
  await new Promise((resolve) => setImmediate(resolve))
}

function isolate() {
  const { bodies } = newEdgeShares()
  const handled: { key: string; answer: () => void }[] = []
  const app = new Hono<EdgeEnv>()
  const ports = { now: () => nowMs, pause: () => new Promise<void>((resolve) => void paused.push(resolve)) }
  const turn = bodyTurn(bodies, limit, ports)
  app.post('/', async (c, next) => {
    const key = c.req.header('x-key') ?? ''
    const identified = key.startsWith('address') ? undefined : { caller: { workspaceId: key } }
    c.set('exchange', { requestId: 'r', path: '/', address: key, identified } as unknown as Exchange)
    await next()
  })
  // Twice, as the router may have it.
  app.post('/', turn, turn, async (c) => {
    // As what reads a large body does.
    const room = await c.get('exchange').bodyRoom?.()
    if (room && !room.ok) return c.text('come again', 503)
    await new Promise<void>((resolve) => handled.push({ key: c.req.header('x-key') ?? '', answer: resolve }))
    return c.text('done')
  })
  const post = async (key: string, length: number | null) => {
    const headers: Record<string, string> = { 'x-key': key, ...(length !== null && { 'content-length': String(length) }) }
    const { status } = await app.request('/', { method: 'POST', body: 'x', headers })
    return status
  }
  return { post, handled, bodies, keys: () => handled.map(({ key }) => key) }
}

test('the fat bodies of one workspace leave room for another, and are told to come again', async () => {
  const { post, handled, bodies, keys } = isolate()
  const theirs = Array.from({ length: 12 }, () => post('greedy', limit))
  await pass(0)
  expect([keys(), bodies.held()]).toEqual([['greedy', 'greedy'], 12 * mib])
  const other = post('other', limit)
  await pass(0)
  expect(keys()).toEqual(['greedy', 'greedy', 'other'])
  // The line of eight is full: these are told so at once.
  expect(await Promise.all(theirs.slice(-2))).toEqual([503, 503])
  for (let i = 0; i < 12; i++) await pass(1000)
  expect(await Promise.all(theirs.slice(2))).toEqual(theirs.slice(2).map(() => 503))
  for (const { answer } of handled) answer()
  expect([await other, ...(await Promise.all(theirs.slice(0, 2))), bodies.held()]).toEqual([200, 200, 200, 0])
})

test('one that does not say how long it is may be as long as any', async () => {
  const { post, keys } = isolate()
  for (let i = 0; i < 3; i++) void post('a', null)
  await pass(0)
  expect(keys()).toEqual(['a', 'a'])
})

test('small ones do not wait for each other', async () => {
  const { post, keys } = isolate()
  for (let i = 0; i < 200; i++) void post('a', 1000)
  await pass(0)
  expect(keys()).toHaveLength(200)
})

test('whoever nobody knows yet is one among those of their address', async () => {
  const { post, keys } = isolate()
  for (let i = 0; i < 3; i++) void post('address-1', limit)
  void post('address-2', limit)
  await pass(0)
  expect(keys()).toEqual(['address-1', 'address-1', 'address-2'])
})

test('a body that never comes keeps no room from anybody, however large it says it is', async () => {
  const { bodies } = newEdgeShares()
  const asked: string[] = []
  const room = async () => {
    asked.push('room')
    return ok(undefined)
  }
  const sending = (chunks: number) =>
    new Request('https://laurel.test/', {
      method: 'POST',
      headers: { 'content-type': 'application/json', 'content-length': String(6 * mib) },
      body: new ReadableStream({
        pull: (controller) => (chunks-- > 0 ? controller.enqueue(new Uint8Array(16 * 1024).fill(0x20)) : new Promise<void>(() => {})),
      }),
      duplex: 'half',
    } as RequestInit)
  void readBody(sending(4), 'json', { bytes: limit, members: 10, depth: 5 }, undefined, room)
  await new Promise((resolve) => setImmediate(resolve))
  expect([asked, bodies.held()]).toEqual([[], 0])
  void readBody(sending(5), 'json', { bytes: limit, members: 10, depth: 5 }, undefined, room)
  await new Promise((resolve) => setImmediate(resolve))
  expect(asked).toEqual(['room'])
})
