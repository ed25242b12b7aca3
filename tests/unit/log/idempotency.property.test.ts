// Random sequences of keys, payloads, refusals, failures, expiries, deaths and purges: a slow model agrees on every
// answer (first run, repeat, 422, 409, refusal, 503), and at the end on every effect.

import fc from 'fast-check'
import { expect, test } from 'vitest'
import type { CommandReply } from '../../../durable-objects/log/rpc.ts'
import { type Expected, Model, type Payload, type Sent } from './idempotency-model.ts'
import { balanceOf, IdempotentUser, reordered } from './idempotency-world.ts'

interface Request {
  key: string | null | undefined
  payload: Payload
  isReordered: boolean
}

type Step =
  /** At once, each in a call of its own or all in one. */
  | { do: 'send'; requests: Request[]; together: boolean }
  /** What was sent last, once more, as a client does that heard nothing. */
  | { do: 'send-again'; together: boolean }
  /** The first is still being written while the others come. */
  | { do: 'send-while-writing'; requests: Request[] }
  | { do: 'die-while-sending'; request: Request; steps: number }
  | { do: 'pass'; ms: number }
  | { do: 'regions'; up: boolean }
  | { do: 'r2'; up: boolean }
  | { do: 'alarm' | 'kill' | 'lose-storage' | 'delete-user' }

const minute = 60_000
const lifetimes = fc.record({
  givenMs: fc.constantFrom(24 * 60 * minute, minute),
  derivedMs: fc.constantFrom(5 * minute, 1000),
})

const payload: fc.Arbitrary<Payload> = fc.record(
  {
    activityId: fc.constantFrom('walk', 'walk', 'walk', 'unpublished'),
    value: fc.integer({ min: 1, max: 2 }),
    activityLogId: fc.constantFrom('event-a', 'event-b'),
    additionalData: fc.constantFrom({ a: 1, b: { c: [1, 2], d: null } }, { a: 1, b: { c: [2, 1], d: null } }),
  },
  { requiredKeys: ['activityId', 'value'], noNullPrototype: true },
)
const request: fc.Arbitrary<Request> = fc.record({
  key: fc.constantFrom('key-1', 'key-1', 'key-2', 'key-3', null, undefined),
  payload,
  isReordered: fc.boolean(),
})
const requests = fc.array(request, { minLength: 1, maxLength: 4 })
const one = <Do extends string>(what: Do) => fc.record({ do: fc.constant(what) })
const step: fc.Arbitrary<Step> = fc.oneof(
  { weight: 12, arbitrary: fc.record({ do: fc.constant('send' as const), requests, together: fc.boolean() }) },
  { weight: 6, arbitrary: fc.record({ do: fc.constant('send-again' as const), together: fc.boolean() }) },
  { weight: 4, arbitrary: fc.record({ do: fc.constant('send-while-writing' as const), requests }) },
  { weight: 2, arbitrary: fc.record({ do: fc.constant('die-while-sending' as const), request, steps: fc.nat(30) }) },
  {
    weight: 5,
    arbitrary: fc.record({
      do: fc.constant('pass' as const),
      // To the very millisecond that a key lives, and past it.
      ms: fc.constantFrom(1, 999, minute - 1, minute, 5 * minute - 1, 5 * minute, 24 * 60 * minute - 1, 24 * 60 * minute),
    }),
  },
  { weight: 2, arbitrary: fc.record({ do: fc.constant('regions' as const), up: fc.boolean() }) },
  { weight: 2, arbitrary: fc.record({ do: fc.constant('r2' as const), up: fc.boolean() }) },
  { weight: 3, arbitrary: one('alarm' as const) },
  { weight: 2, arbitrary: one('kill' as const) },
  { weight: 2, arbitrary: one('lose-storage' as const) },
  { weight: 1, arbitrary: one('delete-user' as const) },
)

/** Every kind of answer that was given, so that a test that never meets one says so. */
const met = new Map<string, number>()
const meet = (what: string) => met.set(what, (met.get(what) ?? 0) + 1)

async function act(user: User, model: Model, step: Step): Promise<void> {
  const { world } = user
  switch (step.do) {
    case 'send':
      return send(user, model, step.requests, step.together)
    case 'send-again':
      return send(user, model, user.last, step.together)
    case 'send-while-writing':
      return sendWhileWriting(user, model, step.requests)
    case 'die-while-sending':
      return dieWhileSending(user, model, step.request, step.steps)
    case 'pass':
      world.nowMs += step.ms
      return
    case 'regions':
      user.regions(step.up)
      return
    case 'r2':
      world.pending.up = step.up
      return
    case 'alarm':
      await world.alarm()
      // What is dead is gone, and only that.
      expect(user.keptKeys().filter((diesAtMs) => diesAtMs <= world.nowMs)).toEqual([])
      return
    case 'kill':
      return world.kill()
    case 'lose-storage':
      await user.loseStorage()
      model.keepOnly(user.held())
      model.userIsDeleted = user.world.tables.deleted()
      return
    case 'delete-user':
      await user.delete()
      model.userIsDeleted = true
  }
}

const sending = (key: Request['key'], more: Partial<Payload> = {}): Step => {
  const payload = { activityId: 'walk', value: 1, ...more }
  return { do: 'send', requests: [{ key, payload, isReordered: false }], together: false }
}
const again: Step = { do: 'send-again', together: true }

/** Meets each kind of answer, whatever chance brings. */
const everyAnswer: Step[] = [
  sending('key-1'),
  again,
  sending('key-1', { value: 2 }),
  sending('key-2', { activityId: 'unpublished' }),
  again,
  sending(null, { activityLogId: 'event-a' }),
  sending(null, { activityLogId: 'event-a', value: 2 }),
  { do: 'regions', up: false },
  { do: 'r2', up: false },
  sending('key-3'),
  again,
]

class User extends IdempotentUser {
  last: Request[] = []
}

const sentOf = (user: User, { key, payload }: Request): Sent => ({ requestId: user.newRequestId(), key, payload })

async function send(user: User, model: Model, requests: Request[], together: boolean): Promise<void> {
  user.last = requests
  const sent = requests.map((one) => sentOf(user, one))
  const before = user.held()
  const commands = sent.map((one, i) => user.request(one, requests[i]?.isReordered ?? false))
  const expected = sent.map((one) => model.send(one, user.world.nowMs))
  const replies = together
    ? await user.world.log.execute(commands)
    : (await Promise.all(commands.map((one) => user.world.log.execute([one])))).flat()
  for (const [i, reply] of replies.entries()) compare(user, expected[i] as Expected, reply, before)
}

/** Another payload is refused at once; a repeat waits for the first, and both have its answer. */
async function sendWhileWriting(user: User, model: Model, requests: Request[]): Promise<void> {
  const before = user.held()
  const release = user.holdRegions()
  const waiting = requests.map((request) => {
    const sent = sentOf(user, request)
    const reply = user.world.log.execute([user.request(sent, request.isReordered)]).then(([one]) => one as CommandReply)
    const one = { sent, reply, came: undefined as CommandReply | undefined }
    void reply.then((came) => {
      one.came = came
    })
    return one
  })
  await user.settled()
  // Nothing the regions have to say is needed for these.
  const expected = waiting.map(({ sent }) => model.send(sent, user.world.nowMs))
  for (const [i, { came }] of waiting.entries()) if (expected[i]?.as === 'refused') expect(came, 'a refusal waits for nobody').toBeDefined()
  release()
  for (const [i, { reply }] of waiting.entries()) compare(user, expected[i] as Expected, await reply, before)
}

/** Nobody heard the answer; what became of it is the object's to say, and must stay so. */
async function dieWhileSending(user: User, model: Model, request: Request, steps: number): Promise<void> {
  const sent = sentOf(user, request)
  const nowMs = user.world.nowMs
  const unheard = user.world.log.execute([user.request(sent, request.isReordered)]).catch(() => {})
  for (let i = 0; i < steps; i++) await Promise.resolve()
  user.world.kill()
  await Promise.race([unheard, user.settled()])
  if (user.decided().has(sent.requestId)) model.send(sent, nowMs)
}

function compare(user: User, expected: Expected, reply: CommandReply, heldBefore: Set<string>): void {
  if (expected.as === 'refused') {
    meet(expected.code)
    expect(reply).toEqual({ ok: false, error: expect.objectContaining({ code: expected.code }) })
    return
  }
  const { as, decision } = expected
  if (!reply.ok && reply.error.code === 'record/unavailable') {
    meet('503')
    expect(user.isAnythingUp(), 'unavailable, though it could have been kept').toBe(false)
    expect(heldBefore.has(decision.requestId), 'unavailable, though it was kept before').toBe(false)
    return
  }
  expect(user.held().has(decision.requestId), 'answered, and kept nowhere').toBe(true)
  meet(decision.refusal === undefined ? as : `${as} refusal`)
  if (decision.refusal !== undefined) {
    const error = expect.objectContaining({ code: decision.refusal })
    expect(reply).toEqual(as === 'repeat' ? { ok: false, error, replayed: true } : { ok: false, error })
  } else {
    expect(reply).toMatchObject({ ok: true, replayed: as === 'repeat', answer: { status: 201, body: decision.payload } })
  }
  const seen = reply.ok ? reply.answer : reply.error
  decision.seen ??= seen
  expect(seen).toEqual(decision.seen)
}

test('a slow model agrees with random keys, payloads, failures and expiries', { timeout: 240_000 }, async () => {
  await fc.assert(
    fc.asyncProperty(lifetimes, fc.array(step, { minLength: 5, maxLength: 40 }), async (lives, steps) => {
      const user = new User(lives)
      await user.world.create()
      const model = new Model(lives, 'walk')
      for (const one of steps) {
        await act(user, model, one)
        expect(user.world.balance()).toBe(balanceOf(model))
      }
      await user.heal()
      expect(user.decided()).toEqual(new Set(model.decisions.map(({ requestId }) => requestId)))
      expect(user.world.balance()).toBe(balanceOf(model))
    }),
    { numRuns: Number(process.env.PROPERTY_RUNS ?? 300), examples: [[{ givenMs: minute, derivedMs: 1000 }, everyAnswer]] },
  )
  const kinds = ['first', 'repeat', 'first refusal', 'repeat refusal', 'idempotency/key_reused', 'resource/already_exists', '503']
  expect(kinds.filter((kind) => !met.has(kind))).toEqual([])
})

test('the model is not the platform: members in another order are another text', () => {
  const given = { a: 1, b: { c: [1, 2], d: 2 } }
  expect(JSON.stringify(reordered(given))).not.toBe(JSON.stringify(given))
  expect(reordered(given)).toEqual(given)
})
