// A thousand writes, each with a key of its own: events of many users, by machine and by person, and what the dashboard
// decides in the workspace's object: resources and users made, moved and deleted. Beside each, how to see that it
// happened once.

import { randomUUID } from 'node:crypto'
import { type Game, prepareGame, send } from './game.ts'
import type { KeyedRequest } from './keyed-requests.ts'
import type { Platform } from './platform.ts'

export interface KeyedLoad {
  workspace: string
  /** A machine's token for the dashboard. */
  dashboard: string
  game: Game
  events: { userId: string; request: KeyedRequest }[]
  activities: KeyedRequest[]
  created: KeyedRequest[]
  moved: { userId: string; externalId: string; request: KeyedRequest }[]
  deleted: { userId: string; request: KeyedRequest }[]
}

export interface LoadSize {
  players: number
  eventsEach: number
  activities: number
  created: number
  moved: number
  deleted: number
}

const plenty = { quota: 1_000_000, windowSeconds: 10 }
/** A workspace that is made for load: its limits are the operator's to raise. */
const settings = { strict: false, limits: { principal: plenty, machine: plenty, workspace: plenty } }

export async function keyedLoad(platform: Platform, workspace: string, size: LoadSize): Promise<KeyedLoad> {
  const game = await prepareGame(platform, workspace, size.players + size.moved + size.deleted, settings)
  const dashboard = await platform.token({ workspace, user: 'machine', role: 'admin', platform: 'm2m', context: 'dashboard' })
  const players = game.users.slice(0, size.players)
  const toMove = game.users.slice(size.players, size.players + size.moved)
  const toDelete = game.users.slice(size.players + size.moved)
  const translations = [{ lang: 'en', label: 'Word' }]
  const onDashboard = (method: string, path: string, body?: unknown) => keyed(dashboard, method, `/dashboard/v1${path}`, body)

  const events: KeyedLoad['events'] = []
  for (const [index, userId] of players.entries()) {
    // Every other user sends for itself.
    const token = index % 2 === 0 ? game.token : await platform.token({ workspace, user: userId })
    for (let i = 0; i < size.eventsEach; i++)
      events.push({ userId, request: keyed(token, 'POST', '/app/v1/activity-logs', { activityId: game.activityId, userId, value: 1 }) })
  }
  return {
    workspace,
    dashboard,
    game,
    events,
    activities: times(size.activities, (i) => onDashboard('POST', '/activities', { name: `Kept ${i}`, defaultLang: 'en', translations })),
    created: times(size.created, (i) => onDashboard('POST', '/users', { email: `created${i}@example.com`, nickname: `Created ${i}` })),
    moved: toMove.map((userId) => {
      const externalId = `moved-${userId}`
      return { userId, externalId, request: onDashboard('PATCH', `/users/${userId}`, { externalId, nickname: 'Moved' }) }
    }),
    deleted: toDelete.map((userId) => ({ userId, request: onDashboard('DELETE', `/users/${userId}`) })),
  }
}

/** All of them, mixed the same way each time. */
export function allRequests(load: KeyedLoad): KeyedRequest[] {
  const requestOf = ({ request }: { request: KeyedRequest }) => request
  const all = [
    ...load.events.map(requestOf),
    ...load.activities,
    ...load.created,
    ...load.moved.map(requestOf),
    ...load.deleted.map(requestOf),
  ]
  // 7919 is prime, so a stride of it meets every place once.
  return all.map((_, i) => all[(i * 7919) % all.length] as KeyedRequest)
}

/** Every item of a dashboard's list. */
export async function listAll(platform: Platform, token: string, path: string): Promise<Record<string, unknown>[]> {
  const items: Record<string, unknown>[] = []
  for (let nextToken: string | null = ''; nextToken !== null; ) {
    const more: string = nextToken && `&nextToken=${encodeURIComponent(nextToken)}`
    const { status, body } = await send(platform, 'GET', `/dashboard/v1${path}?limit=100${more}`, token)
    if (status !== 200) throw new Error(`${path}: ${status} ${JSON.stringify(body)}`)
    items.push(...(body.items as Record<string, unknown>[]))
    nextToken = (body.nextToken as string | null | undefined) ?? null
  }
  return items
}

const times = <T>(count: number, make: (index: number) => T): T[] => Array.from({ length: count }, (_, index) => make(index))

function keyed(token: string, method: string, path: string, body?: unknown): KeyedRequest {
  const headers = { authorization: `Bearer ${token}`, ...(body !== undefined && { 'content-type': 'application/json' }) }
  return { key: randomUUID(), method, path, headers, ...(body !== undefined && { body: JSON.stringify(body) }) }
}
