// How many mails leave, counted by the real buckets on a simulated clock.

import { describe, expect, test } from 'vitest'
import { effectiveLimits } from '../../../domain/limits/plans.ts'
import type { Admission } from '../../../domain/sign-in/admission.ts'
import { Admission as Bucket } from '../../../durable-objects/rate-limiter/admission.ts'
import type { RateLimiterRpc } from '../../../durable-objects/rate-limiter/rpc.ts'
import type { Services } from '../../../workers/services.ts'
import { mailBudget, workspaceMails } from '../../../workers/sign-in/mail-budget.ts'

const hourMs = 3_600_000
const limit = { quota: 50, windowSeconds: 10 }

function world() {
  let nowMs = 1_000_000_000_000
  const buckets = new Map<string, Bucket>()
  const lines: string[] = []
  const services = {
    now: () => nowMs,
    newId: () => 'id',
    rateLimiter(name: string) {
      const bucket = buckets.get(name) ?? new Bucket(undefined, nowMs)
      buckets.set(name, bucket)
      return { take: async (request) => bucket.take(request, nowMs) } as Pick<RateLimiterRpc, 'take'> as RateLimiterRpc
    },
  } as Pick<Services, 'now' | 'newId' | 'rateLimiter'> as Services
  const budget = mailBudget({ services, log: (line) => lines.push(line) })
  const mail = (admission: Admission, mailboxHash: string, workspaceId = 'workspace1') =>
    budget({ workspaceId, limit, mailboxHash, admission })
  async function count(times: number, one: (i: number) => Promise<boolean>): Promise<number> {
    let allowed = 0
    for (let i = 0; i < times; i++) if (await one(i)) allowed += 1
    return allowed
  }
  const pass = (ms: number) => {
    nowMs += ms
  }
  return { mail, count, lines, buckets, pass }
}

const user: Admission = { kind: 'user', userId: 'ada', role: 'member' }
const newcomer: Admission = { kind: 'newcomer' }
const nobody: Admission = { kind: 'nobody' }

describe('a workspace', () => {
  test('mails as many as its limit says, and a fifth of that to who is new', async () => {
    const { mail, count, pass } = world()
    expect(await count(200, (i) => mail(newcomer, `new-${i}`))).toBe(10)
    expect(await count(200, (i) => mail(user, `user-${i}`))).toBe(50)
    pass(hourMs / 2)
    expect(await count(200, (i) => mail(user, `later-${i}`))).toBe(25)
  })

  test('keeps nobody it knows out, whatever is invented, and no other workspace', async () => {
    const { mail, count } = world()
    await count(1000, (i) => mail(newcomer, `new-${i}`))
    await count(1000, (i) => mail(nobody, `nobody-${i}`))
    expect(await mail(user, 'ada')).toBe(true)
    expect(await mail(newcomer, 'eve', 'workspace2')).toBe(true)
  })

  test('may mail enough people on every plan', () => {
    for (const plan of ['STANDARD', 'PREMIUM', 'ENTERPRISE'] as const)
      expect(workspaceMails(effectiveLimits(plan, {}).workspace).newcomers.quota).toBeGreaterThanOrEqual(1000)
    expect(workspaceMails({ quota: 1_000_000, windowSeconds: 1 }).users).toEqual({ quota: 1_000_000, windowSeconds: 3600 })
    expect(workspaceMails({ quota: 1, windowSeconds: 3600 }).newcomers.quota).toBe(1)
  })
})

describe('a mailbox', () => {
  test('has thirty mails from all workspaces together, and then five an hour', async () => {
    const { mail, count, pass } = world()
    expect(await count(100, (i) => mail(user, 'ada', `workspace-${i}`))).toBe(30)
    pass(hourMs)
    expect(await count(100, (i) => mail(user, 'ada', `later-${i}`))).toBe(5)
  })

  test('loses nothing by mails that would be nobody’s, which are counted all the same', async () => {
    const { mail, count, buckets } = world()
    expect(await count(100, (i) => mail(nobody, 'ada', `workspace-${i}`))).toBe(30)
    expect(await mail(user, 'ada')).toBe(true)
    // As much is asked for one as for the other: how long it takes tells nothing.
    expect(buckets.size).toBe(1 + 100 + 2)
  })
})

test('that mails are held back is told once a minute, without an address', async () => {
  const { mail, count, lines, pass } = world()
  await count(100, () => mail(user, 'ada'))
  expect(lines.map((line) => JSON.parse(line))).toMatchObject([{ event: 'sign-in/mailbox_full', workspaceId: 'workspace1' }])
  pass(60_000)
  await count(20, (i) => mail(newcomer, `new-${i}`))
  expect(lines.map((line) => JSON.parse(line).event)).toEqual(['sign-in/mailbox_full', 'sign-in/mails_to_newcomer_spent'])
  expect(lines.join()).not.toContain('ada')
})
