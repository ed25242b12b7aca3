// What the tenant does whose answers are timed: events of its users, ranks read, small pictures shown, and now and then one
// in a size that nobody asked for before, which must be made.

import { seededRandom } from '../open-loop/arrivals.ts'
import type { ShotSource } from '../open-loop/shots.ts'

export interface OrdinaryPlan {
  users: string[]
  machine: string
  activityId: string
  boardId: string
  idPrefix: string
  /** Of a small picture. */
  picturePath: string
  /** Of the address that it comes from. */
  address: string
  seed: number
}

/** One picture in so many requests is new: few enough for what an address may have made in a minute. */
const newPictureEvery = 40

export function shotsOf(data: unknown): ShotSource {
  const { users, machine, activityId, boardId, idPrefix, picturePath, address, seed } = data as OrdinaryPlan
  const random = seededRandom(seed)
  const sizes = newSizes()
  const headers = { 'cf-connecting-ip': address, authorization: `Bearer ${machine}` }
  return (n) => {
    if (n % newPictureEvery === 0) {
      const size = sizes[(n / newPictureEvery) % sizes.length]
      return { method: 'GET', path: `${picturePath}?${size}`, headers: { 'cf-connecting-ip': address }, label: 'new picture' }
    }
    if (n % 4 === 1)
      return { method: 'GET', path: `/app/v1/runtime-leaderboards/${boardId}/rankings?limit=10`, headers, label: 'rank read' }
    if (n % 4 === 3)
      return { method: 'GET', path: `${picturePath}?${shownSize}`, headers: { 'cf-connecting-ip': address }, label: 'small picture' }
    const userId = users[Math.floor(random() * users.length)] as string
    const id = `${idPrefix}-${n}`
    const body = JSON.stringify({ activityId, userId, value: 1, outcome: 'SUCCESS', activityLogId: id })
    return {
      method: 'POST',
      path: '/app/v1/activity-logs',
      headers: { ...headers, 'content-type': 'application/json' },
      body,
      label: 'activity log',
      id,
    }
  }
}

/** Asked for over and over. */
export const shownSize = 'w=128&format=webp'

function newSizes(): string[] {
  const both = [64, 128].flatMap((w) => [64, 128].flatMap((h) => ['contain', 'cover', 'pad'].map((fit) => `w=${w}&h=${h}&fit=${fit}`)))
  return both.flatMap((size) => ['webp', 'jpeg', 'png'].map((format) => `${size}&format=${format}`))
}
