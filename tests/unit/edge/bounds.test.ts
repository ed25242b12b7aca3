// What somebody whom nobody knows may make the edge look at, and how much of it comes back.

import { Hono } from 'hono'
import { afterEach, describe, expect, test, vi } from 'vitest'
import { z } from 'zod'
import { ok } from '../../../domain/result.ts'
import { bodyLimitBytes, bodyLimits, readBody } from '../../../workers/edge/body.ts'
import { createEdge } from '../../../workers/edge/edge.ts'
import { rootApp } from '../../../workers/edge/root.ts'
import { inputFailure } from '../../../workers/edge/validate.ts'
import { parts } from './world.ts'

afterEach(() => void vi.restoreAllMocks())

const formType = 'application/x-www-form-urlencoded'
const asked = (body: BodyInit, type: string, headers = {}) =>
  new Request('https://laurel.test/', {
    method: 'POST',
    body,
    headers: { 'content-type': type, ...headers },
    duplex: 'half',
  } as RequestInit)
const tooLarge = { ok: false, error: { code: 'request/too_large' } }
const invalid = { ok: false, error: { code: 'validation/invalid_input' } }

/** A body without a declared length, and how many chunks of it were taken. */
function streamed(chunks: number, bytes: number) {
  const taken = { chunks: 0 }
  const body = new ReadableStream<Uint8Array>(
    {
      pull(controller) {
        if (taken.chunks === chunks) return controller.close()
        taken.chunks += 1
        controller.enqueue(new Uint8Array(bytes).fill(0x20))
      },
    },
    { highWaterMark: 0 },
  )
  return { body, taken }
}

describe('a body', () => {
  const of = (bytes: number) => ({ ...bodyLimits, bytes })

  test('has the limit that is given, to the byte', async () => {
    const json = (bytes: number) => `"${'a'.repeat(bytes - 2)}"`
    expect(await readBody(asked(json(100), 'application/json'), 'json', of(100))).toMatchObject({ ok: true })
    expect(await readBody(asked(json(101), 'application/json'), 'json', of(100))).toMatchObject(tooLarge)
    expect(await readBody(asked(json(100_000), 'application/json'), 'json')).toMatchObject({ ok: true })
  })

  test('over it is left where it is: what was declared unread, what was not as soon as it shows', async () => {
    const declared = streamed(100, 1000)
    expect(await readBody(asked(declared.body, 'application/json', { 'content-length': '100000' }), 'json', of(16_384))).toMatchObject(
      tooLarge,
    )
    expect(declared.taken.chunks).toBe(0)
    const silent = streamed(100, 1000)
    expect(await readBody(asked(silent.body, 'application/json'), 'json', of(16_384))).toMatchObject(tooLarge)
    expect(silent.taken.chunks).toBeLessThan(20)
  })

  test('says which limit it passed', async () => {
    const refused = await readBody(asked('{}'.padEnd(20_000), 'application/json'), 'json', of(16_384))
    expect(refused).toMatchObject({ error: { detail: 'The body is larger than 16384 bytes.' } })
  })
})

describe('a form', () => {
  const form = (count: number) => Array.from({ length: count }, (_, i) => `p${i}=x`).join('&')

  test('has at most twenty parameters', async () => {
    const twenty = await readBody(asked(form(20), formType), 'form')
    expect(twenty.ok && Object.keys(twenty.value as object)).toHaveLength(20)
    expect(await readBody(asked(form(21), formType), 'form')).toMatchObject(invalid)
  })

  test('of a million names is refused before any of them is looked at', async () => {
    const names = vi.spyOn(URLSearchParams.prototype, Symbol.iterator)
    const body = 'a&'.repeat(bodyLimitBytes / 2 - 1)
    expect(await readBody(asked(body, formType), 'form', { ...bodyLimits, bytes: bodyLimitBytes })).toMatchObject(invalid)
    expect(names).not.toHaveBeenCalled()
  })
})

describe('a path', () => {
  function world() {
    const edge = createEdge(parts())
    const app = new Hono()
    for (let i = 0; i < 100; i++)
      edge.open(app, { api: 'health', method: 'GET', path: `/things/:id/${i}`, operationId: `thing${i}` }, async () => ok({ status: 200 }))
    const root = rootApp(edge)
    root.route('/health', app)
    return root
  }

  test.each([
    ['slashes', '/'.repeat(15_000)],
    ['segments', `/health${'/a'.repeat(7500)}`],
    ['twenty-one segments', '/a'.repeat(20)],
  ])('of %s is nowhere, and is not taken apart for every route', async (_, path) => {
    const root = world()
    const splits: number[] = []
    const split = String.prototype.split
    vi.spyOn(String.prototype, 'split').mockImplementation(function (this: string, ...given: unknown[]) {
      if (String(this) === path) splits.push(1)
      return Reflect.apply(split, this, given)
    } as typeof split)
    const answer = await root.request(`https://laurel.test${path}`)
    expect(answer.status).toBe(404)
    // The router's own besides ours.
    expect(splits.length).toBeLessThan(5)
  })

  test('that fits a route with another method still tells its methods', async () => {
    const answer = await world().request('https://laurel.test/health/things/x/7', { method: 'POST' })
    expect([answer.status, answer.headers.get('allow')]).toEqual([405, 'GET, HEAD, OPTIONS'])
  })
})

describe('what is told of mistakes', () => {
  const told = (schema: z.ZodType, value: unknown, where: 'body' | 'parameter' = 'body') => {
    const parsed = schema.safeParse(value)
    return parsed.error ? (inputFailure(parsed.error, where).errors ?? []) : []
  }
  const long = 'x'.repeat(1_000_000)

  test('is twenty at most, also of unknown members in many places', () => {
    const item = z.strictObject({})
    const unknown = Object.fromEntries(Array.from({ length: 100 }, (_, i) => [`m${i}`, 1]))
    expect(told(z.array(item), Array(100).fill(unknown))).toHaveLength(20)
  })

  test('names a member in 200 characters at most', () => {
    expect(told(z.strictObject({}), { [long]: 1 })).toMatchObject([{ pointer: `/${'x'.repeat(199)}` }])
    const [deep] = told(z.record(z.string(), z.record(z.string(), z.number())), { [long]: { [long]: '' } })
    expect(deep?.pointer).toHaveLength(200)
    const [parameter] = told(z.record(z.string(), z.number()), { [long]: '' }, 'parameter')
    expect(parameter?.parameter).toHaveLength(200)
    const [slashes] = told(z.strictObject({}), { ['/~'.repeat(1000)]: 1 })
    expect(slashes?.pointer?.startsWith('/~1~0~1~0')).toBe(true)
    expect(slashes?.pointer).toHaveLength(200)
  })
})
