// Nothing crosses from one workspace into another. For every route there is: what another workspace has is answered as
// what nobody has, lists show their own, and what was there before is there after, whoever asked for what.

import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { replaced } from './support/pointers.ts'
import { authorized, callerOf, claimsFor, essence, type Known, pathOf, tenantRoutes, validAsk } from './support/routes.ts'
import { stateOf } from './support/state.ts'
import { nowhere, type Tenant, type Things, tenant } from './support/tenants.ts'
import { signed } from './support/tokens.ts'
import { type Answer, type Ask, securityWorld } from './support/world.ts'

const world = securityWorld()
const nobodys = nowhere()
let ours: Tenant
let theirs: Tenant
let before: Record<string, unknown>

beforeAll(async () => {
  ours = await tenant(world)
  theirs = await tenant(world)
  before = await stateOf(world, theirs)
}, 60_000)

/** Also said of the state, so that a search for the marker is known to find something. */
function expectNothingOf(other: Tenant, { text }: Answer): void {
  const { runtimeLeaderboardId, laterLeaderboardId, rewardRuleId, virtualTransactionId, marker } = other.things
  for (const theirs of [marker, runtimeLeaderboardId, laterLeaderboardId, rewardRuleId, virtualTransactionId])
    expect(text).not.toContain(theirs)
}

const fromOurs = async (one: Known, more: Partial<Ask> = {}): Promise<Ask> => ({ ...(await validAsk(world, one, ours)), ...more })

describe.each(tenantRoutes.filter(({ known }) => known.params))('$name', (one) => {
  test('is answered the same for what is theirs and for what is nowhere', async () => {
    const asking = async (its: Things) => {
      const repeated = Object.fromEntries((one.known.repeats ?? []).map((member) => [member, one.known.params?.(its)[member]]))
      const body = one.known.body && { ...one.known.body(ours.things), ...repeated }
      return world.ask(await fromOurs(one, { path: pathOf(one, its), body }))
    }
    const [foreign, absent] = [await asking(theirs.things), await asking(nobodys)]
    expect(essence(foreign)).toEqual(essence(absent))
    expect(foreign).toMatchObject({ status: 404, json: { code: 'resource/not_found' } })
    // The path is the caller's own words.
    const { path: _path, ...said } = foreign.json
    expectNothingOf(theirs, { ...foreign, text: JSON.stringify(said) })
  })
})

const references = tenantRoutes.flatMap((one) =>
  (one.known.references ?? []).map((reference) => ({ ...one, reference, as: reference.as ?? callerOf(one) })),
)

describe.each(references)('$name, $reference.pointer of a body, asked by the $as', ({ reference, as, ...one }) => {
  test('is answered the same for what is theirs and for what is nowhere', async () => {
    const asking = async (id: string) => {
      const body = replaced(one.known.body?.(ours.things), reference.pointer, id)
      return world.ask(await fromOurs(one, { body, ...(await authorized(world, one, ours, as)) }))
    }
    const [foreign, absent] = [await asking(reference.of(theirs.things)), await asking(reference.of(nobodys))]
    expect(essence(foreign)).toEqual(essence(absent))
    expect(one.known.isBatch ? foreign.json.items[0].status : foreign.status).toBe(reference.status)
    expectNothingOf(theirs, foreign)
  })
})

describe.each(tenantRoutes)('$name, asked by a machine', (one) => {
  test('for a user of theirs, is answered as for a user of nobody', async () => {
    const token = await signed(claimsFor(one, ours, 'machine'))
    const asking = async (userId: string) => world.ask(await fromOurs(one, { token, headers: { 'x-user-id': userId } }))
    const [foreign, absent] = [await asking(theirs.things.userId), await asking(nobodys.userId)]
    expect(essence(foreign)).toEqual(essence(absent))
    expect(foreign).toMatchObject({ status: 404, json: { code: 'resource/not_found' } })
    expectNothingOf(theirs, foreign)
  })
})

// After the refusals, since some of these take away what the refusals must not depend on.
describe.each(tenantRoutes)('$name, for what is ours', (one) => {
  test('succeeds, and shows ours alone', async () => {
    const answer = await world.ask(await fromOurs(one))
    expect(answer.status).toBe(one.known.status)
    expectNothingOf(theirs, answer)
  })
})

test('both see the names of their own, so a leak would have been seen', () => {
  expect(JSON.stringify(before)).toContain(`Nick ${theirs.things.marker}`)
})

const choices = tenantRoutes.flatMap((one) => (one.known.chosen ?? []).map((choice) => ({ ...one, choice })))

// Last: from here on there are things in our workspace that bear the ids of theirs.
describe.each(choices)('$name, $choice.pointer of a body', ({ choice, ...one }) => {
  test('may be an id that they have', async () => {
    const body = replaced(one.known.body?.(ours.things), choice.pointer, choice.of(theirs.things))
    expect((await world.ask(await fromOurs(one, { body }))).status).toBe(one.known.status)
  })
})

test('the same names in two workspaces are two things', async () => {
  const token = await signed(ours.owner)
  const gone = await world.ask({ method: 'DELETE', path: '/dashboard/v1/users/twin', token })
  expect(gone).toMatchObject({ status: 200, json: { userId: 'twin' } })
  expect((await world.ask({ path: '/dashboard/v1/users/twin', token })).status).toBe(404)
  expect((await world.ask({ path: '/dashboard/v1/users/twin', token: await signed(theirs.owner) })).status).toBe(200)
})

afterAll(async () => {
  expect(await stateOf(world, theirs)).toEqual(before)
})
