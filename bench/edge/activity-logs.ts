// Activity logs end to end on the whole platform: token, policy, limit, the user's object, one decision, and the answer
// when the record in DynamoDB has it. Every event is new; every one pays a point.

import type { CannonRequest } from 'autocannon'
import { allScopes, type Issuing, issueToken, signToken, workspaceIdOf } from '../../scripts/local/tokens.ts'
import { startLocalPlatform } from '../local-platform.ts'
import { shareOf, type Variant } from '../variant.ts'
import { openWorkspace, send } from '../workspace.ts'

export interface ActivityLogVariants {
  variants: Variant[]
  close(): Promise<void>
}

const workspace = 'bench'
const workspaceId = workspaceIdOf(workspace)
const batchSize = 100
/** Eight batches are 800 events at a time. More would wait past the platform's own deadline, and be answered without the record. */
const batchConnections = 8
const activityId = 'walk'

export async function startActivityLogVariants(dir: string, users: number): Promise<ActivityLogVariants> {
  const platform = await startLocalPlatform(dir)
  const { baseUrl, issuing } = platform
  try {
    await prepare(baseUrl, issuing)
    const names = Array.from({ length: users }, (_, n) => `user-${n}`)
    const tokens: string[] = []
    for (const user of names) tokens.push(await issueToken(issuing, { workspace, user }))
    const machine = await signToken(issuing, workspaceId, {
      workspace,
      user: 'machine',
      role: 'admin',
      platform: 'm2m',
      scope: allScopes.join(' '),
    })
    const people = names.map((user, n) => ({ user, token: tokens[n] as string }))
    const single = { pids: [platform.pid], check: recorded, url: `${baseUrl}/app/v1/activity-logs`, expects: [201] }
    const batch = {
      ...single,
      url: `${baseUrl}/app/v1/activity-logs/batch`,
      expects: [200],
      things: batchSize,
      connections: batchConnections,
    }
    const variants = [
      variant({ ...single, name: 'activity log, many users' }, (durability, connection, connections) =>
        shareOf(people, connection, connections).map(({ user, token }) => post(token, () => event(user), durability)),
      ),
      variant({ ...single, name: 'activity log, one user' }, (durability) =>
        people.slice(0, 1).map(({ user, token }) => post(token, () => event(user), durability)),
      ),
      variant({ ...batch, name: 'batch of 100 logs, of one user' }, (durability, connection, connections) =>
        shareOf(names, connection, connections).map((user) => post(machine, () => batchOf(() => user), durability)),
      ),
      variant({ ...batch, name: 'batch of 100 logs, of many users' }, (durability) => [
        post(machine, () => batchOf((n) => names[n % users] as string), durability),
      ]),
    ]
    return { variants, close: platform.close }
  } catch (error) {
    await platform.close()
    throw error
  }
}

type Requests = (durability: Durability, connection: number, connections: number) => CannonRequest[]

function variant(rest: Omit<Variant, 'requests' | 'note'>, requests: Requests): Variant {
  const durability = new Durability()
  return { ...rest, note: durability.note, requests: (connection, connections) => requests(durability, connection, connections) }
}

const batchOf = (userOf: (n: number) => string) => ({ logs: Array.from({ length: batchSize }, (_, n) => event(userOf(n))) })

let events = 0
const event = (userId: string) => ({ activityId, userId, value: 1, outcome: 'SUCCESS', activityLogId: `event-${++events}` })

/** Counts the answers that came before the record had the event. */
class Durability {
  #answers = 0
  #early = 0

  readonly onResponse = (_status: number, _body: string, _context: object, headers: Record<string, string>): void => {
    this.#answers++
    if (headers['x-durability'] !== 'record') this.#early++
  }

  readonly note = (): string =>
    this.#early === 0 ? '' : `${((100 * this.#early) / this.#answers).toFixed(1)} % answered before the record had it`
}

function post(token: string, body: () => unknown, { onResponse }: Durability): CannonRequest {
  const headers = { authorization: `Bearer ${token}`, 'content-type': 'application/json' }
  return { method: 'POST', headers, onResponse, setupRequest: (request) => ({ ...request, headers, body: JSON.stringify(body()) }) }
}

/** Written through: an answer that only the edge holds would be another thing to measure. */
async function recorded(answer: Response): Promise<void> {
  const durability = answer.headers.get('x-durability')
  if (durability !== 'record') throw new Error(`x-durability: ${durability}`)
  const { items = [] } = (await answer.json()) as { items?: { status: number }[] }
  const refused = items.find(({ status }) => status !== 201)
  if (refused) throw new Error(`a log of the batch was refused: ${JSON.stringify(refused)}`)
}

/** An activity that pays a point, in a workspace whose limits nobody meets. */
async function prepare(baseUrl: string, issuing: Issuing): Promise<void> {
  await openWorkspace(baseUrl, issuing, workspace)
  const admin = await signToken(issuing, workspaceId, { workspace, user: 'machine', role: 'admin', platform: 'm2m', context: 'dashboard' })
  const create = (path: string, body: object) => send('POST', `${baseUrl}/dashboard/v1/${path}`, admin, body)
  const described = { defaultLang: 'en', translations: [{ lang: 'en', label: 'Label', description: 'Description' }] }
  await create('virtual-currencies', { ...described, name: 'Points', virtualCurrencyId: 'points' })
  await create('activities', { ...described, name: 'Walk', activityId })
  const rule = (await create('reward-rules', {
    ...described,
    translations: [{ lang: 'en', description: 'A point' }],
    name: 'A point a walk',
    ruleType: 'INSTANCE',
    matchEntity: 'Activity',
    matchEntityId: activityId,
    matchCondition: { '==': [{ var: 'event.outcome' }, 'SUCCESS'] },
    applicationMode: 'ALWAYS',
    rewards: [{ rewardType: 'VIRTUAL_CURRENCY', virtualCurrencyId: 'points', redemptionMode: 'AUTO', expression: { var: 'event.value' } }],
  })) as { rewardRuleId: string }
  for (const path of ['virtual-currencies/points', `activities/${activityId}`, `reward-rules/${rule.rewardRuleId}`])
    await create(`${path}/publish`, {})
}
