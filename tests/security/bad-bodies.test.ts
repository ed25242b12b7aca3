// Bodies that are wrong or meant to hurt, on every route that takes JSON, made from its schema. Never a 5xx; always a
// problem document that names the place; and what was refused has changed nothing.

import { beforeAll, describe, expect, test } from 'vitest'
import type { z } from 'zod'
import { limitsOf } from '../../workers/edge/edge.ts'
import {
  hostileFor,
  hugeNumbers,
  isUnkeepable,
  type Member,
  membersOf,
  placeable,
  strangers,
  without,
  wrongFor,
} from './support/hostile.ts'
import { absent, replaced } from './support/pointers.ts'
import { expectRefused, expectUnbroken } from './support/problems.ts'
import { type Known, knownRoutes, routes, takesJson, validAsk } from './support/routes.ts'
import { decidedIn } from './support/state.ts'
import { nowhere, type Tenant, tenant } from './support/tenants.ts'
import { type Answer, type Ask, securityWorld } from './support/world.ts'

const world = securityWorld()
let ours: Tenant

beforeAll(async () => {
  ours = await tenant(world)
}, 60_000)

const withBody = knownRoutes.filter(({ route }) => takesJson(route))

// Where people sign in nothing is a tenant's: tests/workers/sign-in.test.ts has their bodies.
test('no route that takes JSON is left out', () => {
  expect(withBody.length).toBe(routes.filter((route) => takesJson(route) && route.api !== 'auth').length)
})

const shortened = (value: unknown): string => JSON.stringify(value)?.slice(0, 60) ?? 'nothing'

/** What is refused must not have been decided; each request says what it was. */
async function unchanged(work: () => Promise<void>): Promise<void> {
  const before = await decidedIn(ours)
  await work()
  expect(await decidedIn(ours)).toEqual(before)
}

describe.each(withBody)('$name', (one: Known) => {
  const send = async (more: Partial<Ask>): Promise<Answer> => {
    const { body: _valid, ...ask } = await validAsk(world, one, ours)
    return world.ask({ ...ask, ...more, headers: { 'content-type': 'application/json', ...ask.headers, ...more.headers } })
  }
  const valid = () => one.known.body?.(ours.things) as Record<string, unknown>
  const members: Member[] = membersOf(one.route.body as z.ZodType, one.known.body?.(nowhere()))

  test('what is no JSON is a 400 about the whole body', async () => {
    const bad = ['', ' ', '{', '{"a":1,}', "{'a':1}", '{"a":1}{}', '\ufeff{}', 'undefined', 'NaN', '[1', '"\u0001"', '{"a":"\\ud8"}']
    await unchanged(async () => {
      for (const raw of [...bad, new Uint8Array([0x22, 0xff, 0x22]), new Uint8Array([0xff, 0xfe, 0x7b, 0x00, 0x7d, 0x00])]) {
        const answer = await send({ raw })
        expectRefused(answer, [400], raw)
        expect(answer.json.errors).toEqual([{ pointer: '', detail: expect.any(String) }])
      }
    })
  })

  test('nesting without end and members that come twice are a 400', async () => {
    const first = Object.keys(valid())[0] as string
    const twice = `{"${first}":1,${JSON.stringify(valid()).slice(1)}`
    const escaped = `{"\\u${first.charCodeAt(0).toString(16).padStart(4, '0')}${first.slice(1)}":1,${JSON.stringify(valid()).slice(1)}`
    await unchanged(async () => {
      const deep = `{"unknown":${'['.repeat(100)}${']'.repeat(100)},${JSON.stringify(valid()).slice(1)}`
      for (const raw of [deep, '['.repeat(101) + ']'.repeat(101), '['.repeat(200_000), '{"a":'.repeat(50_000), twice, escaped]) {
        const answer = await send({ raw })
        expectRefused(answer, [400], raw.slice(0, 40))
        expect(answer.json.errors).toEqual([{ pointer: '', detail: expect.stringMatching(/nested|twice|not valid JSON/) }])
      }
    })
  })

  test('another type than JSON is a 415, and more than the route takes a 413', async () => {
    const { bytes, members } = limitsOf(one.route)
    const raw = JSON.stringify(valid())
    const types = [
      'text/plain',
      'application/x-www-form-urlencoded',
      'multipart/form-data; boundary=x',
      'application/json; charset=utf-16',
      'x',
    ]
    await unchanged(async () => {
      for (const type of types) expectRefused(await send({ raw, headers: { 'content-type': type } }), [415], type)
      expectRefused(await send({ raw, headers: { 'content-encoding': 'gzip' } }), [415], 'gzip')
      expectRefused(await send({ raw, headers: { 'content-length': String(bytes + 1) } }), [413], 'declared')
      expectRefused(await send({ raw: `${raw}${' '.repeat(bytes)}` }), [413], 'sent')
      expectRefused(await send({ raw: `{"unknown":[${'0,'.repeat(members)}0],${raw.slice(1)}` }), [413], 'in members')
    })
  })

  test('a wrong type or value of any member is a 400 that points at it', async () => {
    await unchanged(async () => {
      for (const member of members.filter((member) => placeable(valid(), member)))
        for (const value of wrongFor(member)) {
          const what = `${member.pointer} = ${shortened(value)}`
          const answer = await send({ body: replaced(valid(), member.pointer, value) })
          expectRefused(answer, [400], what)
          const pointers = answer.json.errors.map(({ pointer }: { pointer: string }) => pointer)
          expect({ what, pointers }).toEqual({
            what,
            pointers: expect.toSatisfy((all: string[]) => all.some((pointer) => about(pointer, member))),
          })
        }
    })
  })

  test('a member that must be there and is not is a 400 that points at it', async () => {
    await unchanged(async () => {
      for (const member of members
        .filter(({ required, pointer }) => required && pointer !== '')
        .filter((member) => placeable(valid(), member))) {
        const answer = await send({ body: without(valid(), member) })
        expectRefused(answer, [400], member.pointer)
        expect(answer.json.errors.map(({ pointer }: { pointer: string }) => pointer)).toContain(member.pointer)
      }
    })
  })

  test('hostile values are taken or refused, in any member', async () => {
    let before = await decidedIn(ours)
    for (const member of members.filter((member) => placeable(valid(), member)))
      for (const value of hostileFor(member)) {
        const what = `${member.pointer} = ${shortened(value)}`
        const answer = await send({ body: replaced(valid(), member.pointer, value) })
        if (!one.known.isBatch && isUnkeepable(member, value)) expectRefused(answer, [400], what)
        expectUnbroken(answer, what)
        const after = await decidedIn(ours)
        if (answer.status >= 400) expect({ what, decided: after }).toEqual({ what, decided: before })
        before = after
      }
  })

  test('members that nobody knows change nothing but what they are in', async () => {
    expectUnbroken(await send({ body: strangers(valid()) }), 'strangers')
    expect(({} as Record<string, unknown>).polluted).toBeUndefined()
  })

  test('numbers that no number can hold are refused, wherever one may stand; long ones are rounded', async () => {
    const numeric = members.filter(({ schema }) => schema.type === undefined || /number|integer|object/.test(String(schema.type)))
    for (const member of numeric.filter((member) => placeable(valid(), member)))
      for (const number of hugeNumbers) {
        const raw = JSON.stringify(replaced(valid(), member.pointer, 'HERE')).replace('"HERE"', number)
        const answer = await send({ raw })
        if (!one.known.isBatch && !number.startsWith('0.')) expectRefused(answer, [400], `${member.pointer} = ${number.slice(0, 20)}`)
        else expectUnbroken(answer, `${member.pointer} = ${number.slice(0, 20)}`)
      }
  })
})

describe('the items of a batch', () => {
  const named = (name: string) => withBody.find((one) => one.name === name) as Known
  const [batch, single] = [named('POST /app/v1/activity-logs/batch'), named('POST /app/v1/activity-logs')]
  const members = () => membersOf(single.route.body as z.ZodType, log()).filter(({ pointer }) => pointer !== '')
  const log = () => single.known.body?.(ours.things)

  /** The answers to one log with each of these values. */
  async function sendAll({ pointer }: Member, values: unknown[]): Promise<{ value: unknown; item: Item }[]> {
    const logs = values.map((value) => replaced(log(), pointer, value))
    const answer = await world.ask({ ...(await validAsk(world, batch, ours)), body: { logs } })
    expect({ pointer, status: answer.status }).toEqual({ pointer, status: 200 })
    return values.map((value, i) => ({ value, item: answer.json.items[i] as Item }))
  }
  interface Item {
    status: number
    problem?: { status: number; code: string; errors?: { pointer: string }[] }
  }

  test('are each refused with their own place', async () => {
    await unchanged(async () => {
      for (const member of members()) {
        const values = [...wrongFor(member), ...(member.required ? [absent] : [])]
        for (const [i, { value, item }] of (values.length > 0 ? await sendAll(member, values) : []).entries()) {
          const isPlaced = item.problem?.errors?.every(({ pointer }) => pointer.startsWith(`/logs/${i}${member.pointer}`))
          expect({ member: member.pointer, value, status: item.status, isPlaced }).toEqual({
            member: member.pointer,
            value,
            status: 400,
            isPlaced: true,
          })
        }
      }
    })
  })

  test('are each taken or refused where they are hostile', async () => {
    for (const member of members().filter((member) => hostileFor(member).length > 0))
      for (const { value, item } of await sendAll(member, hostileFor(member)))
        expect({ pointer: member.pointer, value: shortened(value), item }).toMatchObject({
          item: { status: expect.toSatisfy((s: number) => s < 500) },
        })
  })

  test('that are no logs at all are refused one by one', async () => {
    const answer = await world.ask({ ...(await validAsk(world, batch, ours)), body: { logs: [null, 1, 'x', [], log()] } })
    expect(answer.json.items.map(({ status }: Item) => status)).toEqual([400, 400, 400, 400, 201])
  })
})

/** At the member, inside it, or at the whole that it makes impossible. */
const about = (pointer: string, { pointer: wanted }: Member): boolean =>
  pointer === wanted || pointer.startsWith(`${wanted}/`) || wanted.startsWith(`${pointer}/`)
