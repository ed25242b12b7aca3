// A RegionLog behind the gate of its region: in turn, within bounds, and refused at once while the region is known to be
// down or too much waits for it.
//
// What counts against a region: no answer, or no service (`unavailable`, `unknown_outcome`). A mismatch is a true answer
// of a healthy region, and a refusal is about the request: one bad item, or one isolate's credentials, must not take the
// region from everyone else. A ping goes past the gate: who asks for health must not change it.

import type { LogRef } from '../../domain/log/types.ts'
import { fail, type Result } from '../../domain/result.ts'
import type { RegionFailure, RegionLog } from '../dynamodb/region-log.ts'
import type { GateSettings, Passage, RegionGate, Turned, Urgency, Verdict } from './region-gate.ts'

type Answer<Value> = Result<Value, RegionFailure>

/** Everything the log rejects with is passed on, and counts against the region. */
export function guardedRegionLog(log: RegionLog, gate: RegionGate, settings: GateSettings): RegionLog {
  /** This port's own calls, those in line and those under way. */
  const own = new Set<Passage>()

  const guarding =
    (urgency: Urgency) =>
    async <Value>({ workspaceId }: LogRef, sampled: boolean, call: () => Promise<Answer<Value>>): Promise<Answer<Value>> => {
      const passage: Passage = { key: workspaceId, urgency, sampled, isWaiting: false }
      own.add(passage)
      try {
        const passed = await gate.pass(passage, settings, call, verdictOf)
        return 'value' in passed ? passed.value : fail(turned(log.region, passed))
      } finally {
        own.delete(passage)
      }
    }

  const behind = (urgency: Urgency): RegionLog => {
    const guard = guarding(urgency)
    return {
      region: log.region,
      append: (ref, item, expected) => guard(ref, true, () => log.append(ref, item, expected)),
      fill: (ref, item) => guard(ref, true, () => log.fill(ref, item)),
      readFence: (ref) => guard(ref, true, () => log.readFence(ref)),
      // Of any length: how long they take says nothing about how busy the region is.
      listItems: (ref, after, through) => guard(ref, false, () => log.listItems(ref, after, through)),
      readItems: (ref, after, through) => guard(ref, false, () => log.readItems(ref, after, through)),
      ping: () => log.ping(),
    }
  }

  return {
    ...behind('fresh'),
    background: behind('background'),
    load: ({ workspaceId }) => ({
      ...gate.load(workspaceId, settings),
      isQueued: [...own].some(({ isWaiting, urgency }) => isWaiting && urgency === 'fresh'),
    }),
    hurry() {
      for (const passage of own) passage.urgency = 'fresh'
    },
  }
}

function verdictOf(answer: Answer<unknown>): Verdict {
  if (answer.ok) return 'answered'
  const { code } = answer.error
  if (code !== 'region/unknown_outcome' && code !== 'region/unavailable') return 'answered'
  return answer.error.isOurs ? 'ours' : 'failed'
}

function turned(region: string, { turnedAway, retryAfterMs }: Turned): RegionFailure {
  return turnedAway === 'open'
    ? { code: 'region/unavailable', region, detail: 'its breaker is open', retryAfterMs }
    : { code: 'region/overloaded', region, detail: 'too much waits for it', retryAfterMs }
}
